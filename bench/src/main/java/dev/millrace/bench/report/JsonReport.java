package dev.millrace.bench.report;

import dev.millrace.bench.measure.Sample;
import dev.millrace.bench.workload.Workload.Unit;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * A report as JSON, with every round. Durations are in the unit that their name ends with, CPU as
 * in the table; what was not measured is null.
 */
public final class JsonReport {

  private JsonReport() {}

  public static String of(Report report) {
    return """
    {"started": %s, "seed": %d, "rounds": %d, "workloads": %s}
    """
        .formatted(
            string(report.started().toString()),
            report.seed(),
            report.rounds(),
            array(report.rows().stream().map(JsonReport::row).toList()));
  }

  private static String row(Row row) {
    return "\n {\"name\": %s, \"throughputUnit\": %s, \"cpuUnit\": %s, \"endpoints\": %s%s}"
        .formatted(
            string(row.workload()),
            string(row.unit() == Unit.BYTES ? "bytes/s" : "operations/s"),
            string(row.unit() == Unit.BYTES ? "s/GB" : "s/1000 operations"),
            array(row.cells().stream().map(cell -> cell(row.unit(), cell)).toList()),
            row.gain()
                .map(gain ->
                    ", \"throughputGain\": %s, \"cpuGain\": %s"
                        .formatted(number(gain.throughput()), number(gain.cpu())))
                .orElse(""));
  }

  private static String cell(Unit unit, Cell cell) {
    return switch (cell) {
      case Cell.Measured measured ->
          ("\n  {\"name\": %s, \"throughput\": %s, \"p50Millis\": %s, \"p99Millis\": %s,"
                  + " \"cpu\": %s, \"peakMemoryBytes\": %s, \"rounds\": %s}")
              .formatted(
                  string(measured.endpoint()),
                  number(measured.figures().throughput()),
                  number(measured.figures().p50Millis()),
                  number(measured.figures().p99Millis()),
                  number(measured.figures().cpu()),
                  measured.peakMemory().isPresent()
                      ? String.valueOf(measured.peakMemory().getAsLong())
                      : "null",
                  array(measured.samples().stream().map(JsonReport::sample).toList()));
      case Cell.Discarded(String endpoint, String reason) ->
          "\n  {\"name\": %s, \"discarded\": %s}".formatted(string(endpoint), string(reason));
    };
  }

  private static String sample(Sample sample) {
    return ("\n   {\"operations\": %d, \"bytes\": %d, \"elapsedMillis\": %s, \"p50Millis\": %s,"
            + " \"p99Millis\": %s, \"cpuMillis\": %s}")
        .formatted(
            sample.operations(),
            sample.bytes(),
            millis(sample.elapsed()),
            millis(sample.p50()),
            millis(sample.p99()),
            sample.cpu().map(JsonReport::millis).orElse("null"));
  }

  private static String millis(Duration duration) {
    return number(duration.toNanos() / 1e6);
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? number(value.getAsDouble()) : "null";
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.valueOf(value) : "null";
  }

  private static String array(List<String> items) {
    return "[" + String.join(", ", items) + "]";
  }

  static String string(String text) {
    return text.chars()
        .mapToObj(c ->
            switch (c) {
              case '"' -> "\\\"";
              case '\\' -> "\\\\";
              default -> c < ' ' ? "\\u%04x".formatted(c) : String.valueOf((char) c);
            })
        .collect(Collectors.joining("", "\"", "\""));
  }
}
