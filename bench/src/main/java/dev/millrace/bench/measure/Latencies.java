package dev.millrace.bench.measure;

import java.time.Duration;
import java.util.Arrays;

/** How long operations took. Used under one lock. */
final class Latencies {

  private long[] nanos = new long[1024];
  private int count;

  void add(long elapsed) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = elapsed;
  }

  int count() {
    return count;
  }

  /**
   * The least time within which that share of them ended.
   *
   * @param share above 0, up to 1
   */
  Duration percentile(double share) {
    Arrays.sort(nanos, 0, count);
    return Duration.ofNanos(nanos[Math.max(0, (int) Math.ceil(share * count) - 1)]);
  }
}
