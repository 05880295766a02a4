package dev.millrace.cas.upload;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives up expired uploads at the start and from time to time. */
public final class UploadSweeper implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(UploadSweeper.class);

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("upload-sweeper").daemon().factory());

  public UploadSweeper(ResumableUploads uploads, Duration interval) {
    timer.scheduleWithFixedDelay(
        () -> sweep(uploads), /* initialDelay= */ 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /** A sweep that fails must not be the last one. */
  private static void sweep(ResumableUploads uploads) {
    try {
      uploads.removeExpired();
    } catch (RuntimeException e) {
      log.error("Expired uploads could not be given up", e);
    }
  }
}
