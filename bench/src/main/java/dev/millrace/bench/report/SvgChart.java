package dev.millrace.bench.report;

import java.util.List;
import java.util.Locale;

/**
 * A report as a picture: for each workload a bar an endpoint, as long as its throughput is against
 * that of the best one, with the figures beside it.
 */
public final class SvgChart {

  private static final int BAR_HEIGHT = 16;
  private static final int GAP = 14;
  private static final int TOP = 56;
  private static final int LABEL_WIDTH = 130;
  private static final int BAR_WIDTH = 320;
  private static final int WIDTH = 900;
  private static final List<String> COLOURS = List.of("#2563eb", "#9ca3af");

  private SvgChart() {}

  public static String of(Report report) {
    StringBuilder marks = new StringBuilder();
    int y = TOP;
    for (Row row : report.rows()) {
      y = row(marks, row, y);
    }
    return """
    <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">
    <rect width="100%%" height="100%%" fill="white"/>
    <text x="10" y="20" font-size="14" font-weight="bold">Throughput, p50 / p99 and server CPU; medians of %d rounds</text>
    %s%s</svg>
    """
        .formatted(WIDTH, y + 10, report.rounds(), legend(report), marks);
  }

  private static String legend(Report report) {
    StringBuilder legend = new StringBuilder();
    List<Cell> cells = report.rows().isEmpty() ? List.of() : report.rows().getFirst().cells();
    for (int i = 0; i < cells.size(); i++) {
      int x = 10 + 220 * i;
      legend.append(rectangle(x, 30, 12, 12, i)).append(text(x + 18, 40, cells.get(i).endpoint()));
    }
    return legend.toString();
  }

  private static int row(StringBuilder marks, Row row, int top) {
    int y = top;
    double best = row.cells().stream().mapToDouble(SvgChart::throughput).max().orElse(0);
    marks.append(text(10, y + BAR_HEIGHT - 4, row.workload()));
    row.gain()
        .ifPresent(gain ->
            marks.append(
                text(
                    10,
                    top + 2 * BAR_HEIGHT - 4,
                    Quantities.ratio(gain.throughput())
                        + (gain.cpu().isPresent()
                            ? ", CPU " + Quantities.ratio(gain.cpu().getAsDouble())
                            : ""))));
    for (int i = 0; i < row.cells().size(); i++) {
      Cell cell = row.cells().get(i);
      int width = best == 0 ? 0 : (int) Math.round(BAR_WIDTH * throughput(cell) / best);
      marks.append(rectangle(LABEL_WIDTH, y, width, BAR_HEIGHT - 2, i));
      marks.append(text(LABEL_WIDTH + width + 6, y + BAR_HEIGHT - 4, figures(row, cell)));
      y += BAR_HEIGHT;
    }
    return Math.max(y, top + 2 * BAR_HEIGHT) + GAP;
  }

  private static double throughput(Cell cell) {
    return switch (cell) {
      case Cell.Measured measured -> measured.figures().throughput();
      case Cell.Discarded discarded -> 0;
    };
  }

  private static String figures(Row row, Cell cell) {
    return switch (cell) {
      case Cell.Measured measured ->
          "%s, %s / %s ms%s"
              .formatted(
                  Quantities.throughput(row.unit(), measured.figures().throughput()),
                  Quantities.millis(measured.figures().p50Millis()),
                  Quantities.millis(measured.figures().p99Millis()),
                  measured.figures().cpu().isPresent()
                      ? ", CPU "
                          + Quantities.cpu(row.unit(), measured.figures().cpu().getAsDouble())
                      : "");
      case Cell.Discarded discarded -> "discarded";
    };
  }

  private static String rectangle(int x, int y, int width, int height, int endpoint) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n",
        x,
        y,
        width,
        height,
        COLOURS.get(endpoint % COLOURS.size()));
  }

  private static String text(int x, int y, String text) {
    String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    return String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n", x, y, escaped);
  }
}
