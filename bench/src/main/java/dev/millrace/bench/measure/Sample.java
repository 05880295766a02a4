package dev.millrace.bench.measure;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What one round came to.
 *
 * @param operations that ended well
 * @param bytes that they moved
 * @param elapsed from the first one's start to the last one's end
 * @param p50 of one operation
 * @param p99 of one operation
 * @param cpu of the server meanwhile, where it can be seen
 */
public record Sample(
    long operations,
    long bytes,
    Duration elapsed,
    Duration p50,
    Duration p99,
    Optional<Duration> cpu) {

  public double operationsPerSecond() {
    return operations / seconds(elapsed);
  }

  public double bytesPerSecond() {
    return bytes / seconds(elapsed);
  }

  /** The server's CPU, in seconds a gigabyte. */
  public OptionalDouble cpuPerGigabyte() {
    return cpu(bytes / 1e9);
  }

  /** The server's CPU, in seconds a thousand operations: milliseconds an operation. */
  public OptionalDouble cpuPerThousand() {
    return cpu(operations / 1e3);
  }

  private OptionalDouble cpu(double amount) {
    return cpu.isPresent()
        ? OptionalDouble.of(seconds(cpu.get()) / amount)
        : OptionalDouble.empty();
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
