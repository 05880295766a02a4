package dev.millrace.cas.s3;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the memory of uploads that stall, from time to time. */
public final class StalledUploads implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(StalledUploads.class);

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("stalled-uploads").daemon().factory());

  public StalledUploads(S3StagingArea area, Duration interval) {
    var unused =
        timer.scheduleWithFixedDelay(
            () -> writeOut(area), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** A round that fails must not be the last one. */
  private static void writeOut(S3StagingArea area) {
    try {
      int unused = area.writeOutIdle();
    } catch (RuntimeException e) {
      log.error("Uploads that stall could not be written out", e);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
