package dev.millrace.bench.report;

import java.util.ArrayList;
import java.util.List;

/** A report as a table for a terminal. */
public final class TextTable {

  private static final List<String> TITLE =
      List.of("workload", "endpoint", "throughput", "p50 ms", "p99 ms", "server CPU", "peak RSS");

  private TextTable() {}

  public static String of(List<Row> rows) {
    List<List<String>> lines = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    lines.add(TITLE);
    for (Row row : rows) {
      for (Cell cell : row.cells()) {
        lines.add(line(row, cell));
        if (cell instanceof Cell.Discarded(String endpoint, String reason)) {
          notes.add("discarded: %s at %s: %s".formatted(row.workload(), endpoint, reason));
        }
      }
      row.gain()
          .ifPresent(gain ->
              lines.add(
                  List.of(
                      row.workload(),
                      "gain",
                      Quantities.ratio(gain.throughput()),
                      "",
                      "",
                      gain.cpu().isPresent() ? Quantities.ratio(gain.cpu().getAsDouble()) : "-",
                      "")));
    }
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> append(text, line, lines));
    notes.forEach(note -> text.append(note).append('\n'));
    return text.toString();
  }

  private static List<String> line(Row row, Cell cell) {
    return switch (cell) {
      case Cell.Measured measured ->
          List.of(
              row.workload(),
              measured.endpoint(),
              Quantities.throughput(row.unit(), measured.figures().throughput()),
              Quantities.millis(measured.figures().p50Millis()),
              Quantities.millis(measured.figures().p99Millis()),
              measured.figures().cpu().isPresent()
                  ? Quantities.cpu(row.unit(), measured.figures().cpu().getAsDouble())
                  : "-",
              measured.peakMemory().isPresent()
                  ? Quantities.memory(measured.peakMemory().getAsLong())
                  : "-");
      case Cell.Discarded discarded ->
          List.of(row.workload(), discarded.endpoint(), "discarded", "-", "-", "-", "-");
    };
  }

  private static void append(StringBuilder text, List<String> line, List<List<String>> lines) {
    for (int i = 0; i < line.size(); i++) {
      int column = i;
      int width = lines.stream().mapToInt(l -> l.get(column).length()).max().orElse(0);
      String padding = " ".repeat(width - line.get(i).length());
      text.append(i < 2 ? line.get(i) + padding : padding + line.get(i));
      text.append(i == line.size() - 1 ? "\n" : "  ");
    }
  }
}
