package dev.millrace.actions.store;

import dev.millrace.actioncache.ResultChangeListener;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of results that any replica took back, on a database connection of its own, and tells who
 * keeps results in memory. While it cannot listen, or waits for a connection, it tells them twice a
 * second that something may be gone, so that nothing is kept for longer. Uses no connection until
 * somebody wants to know.
 */
public final class ResultChanges implements AutoCloseable {

  static final String CHANNEL = "actioncache_results";

  private static final Logger log = LoggerFactory.getLogger(ResultChanges.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration DEAD_CONNECTION = Duration.ofSeconds(5);

  private final DataSource database;
  private final List<ResultChangeListener> listeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean started = new AtomicBoolean();

  /** The driver blocks in native reads: a thread of the platform's. */
  private final Thread thread;

  private volatile boolean closed;

  public ResultChanges(DataSource database) {
    this.database = database;
    this.thread = Thread.ofPlatform().daemon().name("result-changes").unstarted(this::run);
  }

  /** Tells {@code listener} from now on. */
  public void subscribe(ResultChangeListener listener) {
    listeners.add(listener);
    if (started.compareAndSet(false, true)) {
      thread.start();
    }
  }

  @Override
  public void close() {
    closed = true;
    if (!thread.isAlive()) {
      return;
    }
    LockSupport.unpark(thread);
    try {
      thread.join(DEAD_CONNECTION);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    boolean warned = false;
    while (!closed) {
      try (Connection connection = connect()) {
        listen(connection);
        warned = false;
      } catch (SQLException | RuntimeException | Error e) {
        // Whatever it was, an end of this thread would let results be kept for ever.
        if (!warned && !closed) {
          log.warn("Cannot hear of revoked results, none are kept meanwhile: {}", e.getMessage());
          warned = true;
        }
        tell();
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  /** A pool may take long to have one; whoever keeps results must not wait for that. */
  private Connection connect() throws SQLException {
    CompletableFuture<Connection> awaited = new CompletableFuture<>();
    Thread waiting =
        Thread.ofPlatform()
            .daemon()
            .name("result-changes-connection")
            .start(() -> take(database, awaited));
    while (!closed) {
      try {
        return awaited.get(POLL.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        tell();
      } catch (ExecutionException e) {
        throw new SQLException(e.getCause());
      } catch (InterruptedException e) {
        // Nobody interrupts this thread: it ends when it is told to.
        closed = true;
      }
    }
    waiting.interrupt();
    if (!awaited.cancel(/* mayInterruptIfRunning= */ false)
        && !awaited.isCompletedExceptionally()) {
      return awaited.join();
    }
    throw new SQLException("closed");
  }

  private static void take(DataSource database, CompletableFuture<Connection> awaited) {
    try {
      Connection connection = database.getConnection();
      if (!awaited.complete(connection)) {
        connection.close();
      }
    } catch (SQLException | RuntimeException | Error e) {
      awaited.completeExceptionally(e);
    }
  }

  private void listen(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    connection.setNetworkTimeout(Runnable::run, (int) DEAD_CONNECTION.toMillis());
    try (Statement statement = connection.createStatement()) {
      statement.execute("listen " + CHANNEL);
      // What was announced before that has been missed.
      tell();
      PGConnection postgres = connection.unwrap(PGConnection.class);
      while (!closed) {
        var heard = postgres.getNotifications((int) POLL.toMillis());
        if (heard != null && heard.length > 0) {
          tell();
        }
        // A connection whose other end vanished is silent otherwise.
        statement.execute("select 1");
      }
      // The connection goes back to a pool.
      statement.execute("unlisten *");
    }
    connection.setNetworkTimeout(Runnable::run, 0);
  }

  private void tell() {
    listeners.forEach(ResultChangeListener::resultsRevoked);
  }
}
