package dev.millrace.bench.measure;

import dev.millrace.bench.workload.Workload.Unit;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * The medians of a workload's rounds.
 *
 * @param throughput bytes or operations a second
 * @param p50Millis of one operation
 * @param p99Millis of one operation
 * @param cpu seconds a gigabyte or milliseconds an operation
 */
public record Figures(double throughput, double p50Millis, double p99Millis, OptionalDouble cpu) {

  /**
   * @param samples at least one
   */
  public static Figures of(Unit unit, List<Sample> samples) {
    return switch (unit) {
      case BYTES -> of(samples, Sample::bytesPerSecond, s -> s.cpuPerGigabyte().orElse(Double.NaN));
      case OPERATIONS ->
          of(samples, Sample::operationsPerSecond, s -> s.cpuPerThousand().orElse(Double.NaN));
    };
  }

  private static Figures of(
      List<Sample> samples, ToDoubleFunction<Sample> throughput, ToDoubleFunction<Sample> cpu) {
    double cpuMedian = median(samples, cpu);
    return new Figures(
        median(samples, throughput),
        median(samples, s -> s.p50().toNanos() / 1e6),
        median(samples, s -> s.p99().toNanos() / 1e6),
        Double.isNaN(cpuMedian) ? OptionalDouble.empty() : OptionalDouble.of(cpuMedian));
  }

  /** The middle one, or the mean of the two in the middle; not a number if any of them is none. */
  static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
    double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length == 0 || Double.isNaN(sorted[sorted.length - 1])
        ? Double.NaN
        : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
