package dev.millrace.execution;

import dev.millrace.execution.store.Sweeper;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sweeps again and again for as long as the process runs. */
final class SweepSchedule implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SweepSchedule.class);

  private final Sweeper sweeper;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("execution-sweep").factory());

  SweepSchedule(Sweeper sweeper, Duration interval) {
    this.sweeper = sweeper;
    ScheduledFuture<?> unused =
        timer.scheduleWithFixedDelay(
            this::sweep, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void sweep() {
    try {
      sweeper.sweep();
    } catch (RuntimeException e) {
      // The next round may fare better; an exception that gets out would be the last one.
      log.warn("Cannot sweep just now", e);
    }
  }

  @Override
  public void close() {
    timer.close();
  }
}
