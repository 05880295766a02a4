package dev.millrace.bench.report;

import dev.millrace.bench.workload.Workload.Unit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One workload.
 *
 * @param cells one an endpoint, that of the compared one last
 */
public record Row(String workload, Unit unit, List<Cell> cells) {

  public Row {
    cells = List.copyOf(cells);
  }

  /**
   * How much better the first endpoint is than the second.
   *
   * @param throughput ratio of what it does in a second
   * @param cpu ratio of what the second one's CPU does the same work in
   */
  public record Gain(double throughput, OptionalDouble cpu) {}

  /** The comparison, where there are two endpoints that both did it. */
  public Optional<Gain> gain() {
    if (cells.size() == 2
        && cells.getFirst() instanceof Cell.Measured ours
        && cells.getLast() instanceof Cell.Measured theirs) {
      OptionalDouble cpu =
          ours.figures().cpu().isPresent() && theirs.figures().cpu().isPresent()
              ? OptionalDouble.of(
                  theirs.figures().cpu().getAsDouble() / ours.figures().cpu().getAsDouble())
              : OptionalDouble.empty();
      return Optional.of(
          new Gain(ours.figures().throughput() / theirs.figures().throughput(), cpu));
    }
    return Optional.empty();
  }
}
