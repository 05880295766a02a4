package dev.millrace.worker.lease;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Waits that grow from failure to failure, scattered so that bots do not come back all at once. */
final class Backoff {

  private final Duration first;
  private final Duration last;
  private final RandomGenerator random;
  private int failures;

  Backoff(Duration first, Duration last, RandomGenerator random) {
    this.first = first;
    this.last = last;
    this.random = random;
  }

  /** The wait after one more failure. */
  Duration next() {
    long longest = last.toNanos();
    long nanos = first.toNanos();
    for (int i = 0; i < failures && nanos < longest; i++) {
      nanos *= 2;
    }
    failures++;
    long bound = Math.min(nanos, longest);
    return Duration.ofNanos(bound / 2 + random.nextLong(bound / 2 + 1));
  }

  boolean hasFailures() {
    return failures > 0;
  }

  void reset() {
    failures = 0;
  }
}
