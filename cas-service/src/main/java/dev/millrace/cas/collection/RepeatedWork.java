package dev.millrace.cas.collection;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does something again and again; when it fails, after longer and longer times. */
public final class RepeatedWork implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RepeatedWork.class);
  private static final int MOST_DOUBLINGS = 4;
  private static final Duration PATIENCE_AT_END = Duration.ofSeconds(5);

  private final ScheduledExecutorService timer;
  private final String name;
  private final Duration interval;
  private final Runnable work;
  private int failures;

  /**
   * @param name what it is, in the log's words
   * @param interval from the end of one to the beginning of the next; also before the first
   */
  public RepeatedWork(String name, Duration interval, Runnable work) {
    this.name = name;
    this.interval = interval;
    this.work = work;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name(name).daemon().factory());
    schedule(interval);
  }

  private void schedule(Duration delay) {
    var _ = timer.schedule(this::run, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run() {
    try {
      work.run();
      failures = 0;
    } catch (RuntimeException e) {
      if (timer.isShutdown()) {
        return;
      }
      failures++;
      LOG.warn("{} failed, {} times by now", name, failures, e);
    }
    if (!timer.isShutdown()) {
      schedule(delay(interval, failures));
    }
  }

  static Duration delay(Duration interval, int failures) {
    return interval.multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
  }

  /** Interrupts what is being done, and waits for it for a moment. */
  @Override
  public void close() {
    timer.shutdownNow();
    try {
      if (!timer.awaitTermination(PATIENCE_AT_END.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("{} does not end", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
