package dev.millrace.worker.process;

import java.time.Duration;

/**
 * How much a command may use.
 *
 * @param timeout wall-clock time
 * @param maxLogBytes the most that each of stdout and stderr may hold
 */
public record Limits(Duration timeout, long maxLogBytes) {

  public Limits {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout: must be positive, is " + timeout);
    }
    if (maxLogBytes <= 0) {
      throw new IllegalArgumentException("maxLogBytes: must be positive, is " + maxLogBytes);
    }
  }
}
