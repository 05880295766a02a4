package dev.millrace.execution.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Counts connections that are asked for, which is to say transactions. */
public final class CountedDataSource extends DelegatingDataSource {

  private final AtomicInteger connections = new AtomicInteger();

  public CountedDataSource(DataSource delegate) {
    super(delegate);
  }

  @Override
  public Connection getConnection() throws SQLException {
    connections.incrementAndGet();
    return super.getConnection();
  }

  /** How many since the last time. */
  public int count() {
    return connections.getAndSet(0);
  }
}
