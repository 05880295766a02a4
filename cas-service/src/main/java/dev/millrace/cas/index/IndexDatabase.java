package dev.millrace.cas.index;

import dev.millrace.database.DatabaseGate;
import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The database of the index, as all that keep something in it share it: no more callers than there
 * are connections, and whatever goes wrong is {@link Failure.Unavailable}, never an absent blob.
 */
public final class IndexDatabase {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final DataSource database;
  private final JdbcClient client;
  private final TransactionTemplate transactions;
  private final DatabaseGate gate;

  /**
   * @param database with the schema of {@link CasSchema}
   * @param maxConcurrent the most connections used at once, not more than the pool has
   */
  public IndexDatabase(DataSource database, int maxConcurrent) {
    this.database = database;
    this.client = JdbcClient.create(database);
    this.transactions = new TransactionTemplate(new DataSourceTransactionManager(database));
    this.gate = new DatabaseGate("blobs", maxConcurrent, PATIENCE);
  }

  /** Runs one statement by itself. */
  <T> T query(Function<JdbcClient, T> statement) {
    return mapped(() -> gate.pass(() -> statement.apply(client)));
  }

  /** Runs statements of which all or none take effect. */
  <T> T transaction(Function<JdbcClient, T> statements) {
    return mapped(() -> gate.pass(() -> inTransaction(statements)));
  }

  /**
   * Runs statements on one connection, each taking effect by itself. Should the connection break,
   * all that follow fail: none is ever run on another one.
   */
  <T> T session(ConnectionCallback<T> statements) {
    return mapped(() -> gate.pass(() -> onOneConnection(statements)));
  }

  private <T> T onOneConnection(ConnectionCallback<T> statements) {
    T result = new JdbcTemplate(database).execute(statements);
    if (result == null) {
      throw new IllegalStateException("a session has to have a result");
    }
    return result;
  }

  private <T> T inTransaction(Function<JdbcClient, T> statements) {
    T result = transactions.execute(_ -> statements.apply(client));
    if (result == null) {
      throw new IllegalStateException("a transaction has to have a result");
    }
    return result;
  }

  private static <T> T mapped(Supplier<T> query) {
    try {
      return query.get();
    } catch (DataAccessException e) {
      throw new Failure.Unavailable("the index of blobs has failed", e);
    }
  }
}
