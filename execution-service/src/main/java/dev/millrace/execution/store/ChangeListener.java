package dev.millrace.execution.store;

import dev.millrace.execution.store.Announcements.Heard;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears on a connection of its own what all replicas change, and wakes who waits here. While it
 * cannot listen, everybody is woken in turn to look for themselves. Whoever waits looks now and
 * then anyway, each at a time of its own.
 */
public final class ChangeListener implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ChangeListener.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(10);
  private static final Duration CHECK_PATIENCE = Duration.ofSeconds(5);

  private final Database database;
  private final Changes changes;
  private final Duration betweenChecks;
  private final Thread thread;
  private volatile boolean closed;

  public ChangeListener(Database database, Changes changes) {
    this(database, changes, BETWEEN_CHECKS);
  }

  /**
   * @param betweenChecks how often it is made sure that the connection is alive
   */
  ChangeListener(Database database, Changes changes, Duration betweenChecks) {
    this.database = database;
    this.changes = changes;
    this.betweenChecks = betweenChecks;
    // The driver blocks in native reads for a second at a time: a thread of the platform's.
    this.thread = Thread.ofPlatform().daemon().name("execution-changes").unstarted(this::run);
  }

  public ChangeListener start() {
    database.announcements().tell(changes::signal);
    thread.start();
    return this;
  }

  @Override
  public void close() {
    closed = true;
    database.announcements().close();
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      try (Connection connection = database.dataSource().getConnection()) {
        listen(connection);
      } catch (SQLException | RuntimeException e) {
        log.warn("Cannot listen for changes, polling instead: {}", e.getMessage());
        changes.signalAll();
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  private void listen(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement()) {
      statement.execute("listen " + Announcements.CHANNEL);
      try {
        hear(connection);
      } finally {
        // The connection goes back to a pool.
        statement.execute("unlisten *");
      }
    }
  }

  private void hear(String payload) {
    Optional<Heard> heard = database.announcements().heard(payload);
    heard.ifPresent(one -> one.topic().ifPresentOrElse(changes::signal, changes::signalAll));
  }

  private void hear(Connection connection) throws SQLException {
    PGConnection notified = connection.unwrap(PGConnection.class);
    // What was announced before listening began has been missed.
    changes.signalAll();
    long checked = System.nanoTime();
    while (!closed) {
      PGNotification[] heard = notified.getNotifications((int) POLL.toMillis());
      if (heard != null) {
        for (PGNotification notification : heard) {
          hear(notification.getParameter());
        }
      }
      if (System.nanoTime() - checked >= betweenChecks.toNanos()) {
        checked = System.nanoTime();
        check(connection);
      }
    }
  }

  /** From a server that is gone without a word, nothing comes but silence. */
  private static void check(Connection connection) throws SQLException {
    if (!connection.isValid((int) CHECK_PATIENCE.toSeconds())) {
      connection.abort(Runnable::run);
      throw new SQLException("the connection is not alive any more");
    }
  }
}
