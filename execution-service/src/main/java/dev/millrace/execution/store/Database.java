package dev.millrace.execution.store;

import dev.millrace.database.DatabaseGate;
import dev.millrace.failure.Failure;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Transactions on the service's database. Virtual threads come in any number and a pool's
 * connections do not, so that callers queue here rather than run into the pool's time-out. A
 * database that cannot serve just now is {@link Failure.Unavailable}.
 */
public final class Database {

  /** What the current transaction is to announce. */
  private static final ScopedValue<List<String>> ANNOUNCED = ScopedValue.newInstance();

  private static final Logger log = LoggerFactory.getLogger(Database.class);
  private static final int DEADLOCK_RETRIES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final DataSource dataSource;
  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final DatabaseGate gate;
  private final Announcements announcements = new Announcements(this);

  /**
   * @param concurrency most transactions at once, less than the pool has connections
   */
  public Database(DataSource dataSource, int concurrency) {
    this.dataSource = dataSource;
    this.jdbc = JdbcClient.create(dataSource);
    this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
    this.gate = new DatabaseGate("operations", concurrency, PATIENCE);
  }

  DataSource dataSource() {
    return dataSource;
  }

  /** What transactions announce, and others do. */
  Announcements announcements() {
    return announcements;
  }

  /** Runs work in one transaction, which may be repeated if it ran into a deadlock. */
  <T> T transaction(Function<JdbcClient, T> work) {
    return gate.pass(() -> attempt(work));
  }

  /** Runs a single query, which takes one turn less to the database than a transaction. */
  <T> T read(Function<JdbcClient, T> query) {
    return gate.pass(() -> query.apply(jdbc));
  }

  void run(Consumer<JdbcClient> work) {
    boolean unused =
        transaction(sql -> {
          work.accept(sql);
          return true;
        });
  }

  private <T> T attempt(Function<JdbcClient, T> work) {
    for (int left = DEADLOCK_RETRIES; ; left--) {
      List<String> announced = new ArrayList<>();
      try {
        T result =
            ScopedValue.where(ANNOUNCED, announced)
                .call(() -> transactions.execute(status -> guarded(work)));
        announcements.publish(announced);
        return result;
      } catch (PessimisticLockingFailureException e) {
        log.info("A transaction is repeated, it ran into another one: {}", e.getMessage());
        if (left == 0) {
          throw e;
        }
      }
    }
  }

  /** What the database says is the caller's fault, or the server's that we are connected to. */
  private <T> T guarded(Function<JdbcClient, T> work) {
    try {
      return work.apply(jdbc);
    } catch (DataAccessException e) {
      switch (Refusal.of(e)) {
        case Refusal.BadValue(String problem) ->
            throw new Failure.InvalidRequest("request", "cannot be stored: " + problem);
        case Refusal.ReadOnly readOnly -> {
          abandonConnection();
          throw new Failure.Unavailable("the database takes no changes just now", e);
        }
        case Refusal.Other other -> throw e;
      }
    }
  }

  /** A pool would keep a connection to a server that is no longer the one to write to. */
  private void abandonConnection() {
    try {
      DataSourceUtils.getConnection(dataSource).abort(Runnable::run);
    } catch (SQLException e) {
      log.debug("Cannot abandon a connection", e);
    }
  }

  /** Wakes those who wait for a topic, on every replica, once the transaction is committed. */
  static void announce(JdbcClient sql, String topic) {
    announce(sql, List.of(topic));
  }

  static void announce(JdbcClient sql, Collection<String> topics) {
    boolean unused = ANNOUNCED.get().addAll(topics);
  }

  /** An instant as the driver takes it. */
  static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
