package dev.millrace.actions.store;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;

/**
 * Lets as many callers at the database as it has connections for. Threads are many and cheap here,
 * connections few: without a queue in front, waiting for one would run into the pool's time-out for
 * most. What goes wrong for a while only is {@link Failure.Unavailable}.
 */
final class DatabaseGate {

  private final Semaphore permits;
  private final Duration patience;

  DatabaseGate(int maxConcurrent, Duration patience) {
    this.permits = new Semaphore(maxConcurrent, /* fair= */ true);
    this.patience = patience;
  }

  <T> T pass(Supplier<T> query) {
    acquire();
    try {
      return query.get();
    } catch (TransientDataAccessException
        | RecoverableDataAccessException
        | DataAccessResourceFailureException e) {
      throw new Failure.Unavailable("the database of action results cannot answer just now", e);
    } finally {
      permits.release();
    }
  }

  private void acquire() {
    try {
      if (!permits.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new Failure.Unavailable(
            "too many callers wait for the database of action results", /* cause= */ null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("interrupted while waiting for the database", e);
    }
  }
}
