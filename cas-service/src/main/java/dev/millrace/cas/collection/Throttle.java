package dev.millrace.cas.collection;

import dev.millrace.failure.Failure;
import java.time.Duration;

/** Keeps work in the background from taking the bandwidth that others need. */
@FunctionalInterface
public interface Throttle {

  /** Waits as long as these many bytes should take. */
  void passed(long bytes);

  static Throttle bytesPerSecond(long rate) {
    return bytes -> {
      try {
        Thread.sleep(Duration.ofNanos((long) (1e9 * bytes / rate)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Failure.Unavailable("the service ends", e);
      }
    };
  }
}
