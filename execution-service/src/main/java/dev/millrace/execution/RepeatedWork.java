package dev.millrace.execution;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does one thing again and again for as long as the process runs. */
final class RepeatedWork implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RepeatedWork.class);

  private final String name;
  private final Runnable work;
  private final ScheduledExecutorService timer;

  RepeatedWork(String name, Duration interval, Runnable work) {
    this.name = name;
    this.work = work;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("execution-" + name).factory());
    ScheduledFuture<?> unused =
        timer.scheduleWithFixedDelay(
            this::round, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void round() {
    try {
      work.run();
    } catch (RuntimeException e) {
      // The next round may fare better; an exception that gets out would be the last one.
      log.warn("No {} just now", name, e);
    }
  }

  @Override
  public void close() {
    timer.close();
  }
}
