package dev.millrace.database;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Lets as many callers at the database as it has connections for. Threads are many and cheap here,
 * connections few: without a queue in front, waiting for one would run into the pool's time-out for
 * most. What goes wrong for a while only is {@link Failure.Unavailable}.
 */
public final class DatabaseGate {

  private final String what;
  private final Semaphore permits;
  private final Duration patience;

  /**
   * @param what the database is for, in failures' words
   * @param maxConcurrent most callers at once, fewer than the pool has connections
   * @param patience how long a caller waits for its turn
   */
  public DatabaseGate(String what, int maxConcurrent, Duration patience) {
    this.what = what;
    this.permits = new Semaphore(maxConcurrent, /* fair= */ true);
    this.patience = patience;
  }

  /** Runs what uses one connection, when it is its turn. */
  public <T> T pass(Supplier<T> query) {
    acquire();
    try {
      return query.get();
    } catch (TransientDataAccessException
        | RecoverableDataAccessException
        | DataAccessResourceFailureException
        | TransactionException e) {
      throw new Failure.Unavailable("the database of " + what + " cannot answer just now", e);
    } finally {
      permits.release();
    }
  }

  private void acquire() {
    try {
      if (!permits.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new Failure.Unavailable(
            "too many callers wait for the database of " + what, /* cause= */ null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("interrupted while waiting for the database", e);
    }
  }
}
