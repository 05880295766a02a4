package dev.millrace.bench.report;

import java.time.Instant;
import java.util.List;

/**
 * A whole run.
 *
 * @param seed of all content
 */
public record Report(Instant started, long seed, int rounds, List<Row> rows) {

  public Report {
    rows = List.copyOf(rows);
  }

  /** Whether nothing was discarded. */
  public boolean isComplete() {
    return rows.stream()
        .flatMap(row -> row.cells().stream())
        .allMatch(Cell.Measured.class::isInstance);
  }
}
