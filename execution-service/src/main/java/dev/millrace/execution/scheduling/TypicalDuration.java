package dev.millrace.execution.scheduling;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How long like actions ran lately. It forgets all but the last few, so that it follows a change,
 * and one that hung does not count for more than its place in the order.
 *
 * @param recent the last durations, the latest one last
 */
public record TypicalDuration(List<Duration> recent) {

  public static final TypicalDuration UNKNOWN = new TypicalDuration(List.of());

  /** How many of the last durations count. */
  public static final int REMEMBERED = 20;

  private static final int ENOUGH = 5;

  public TypicalDuration {
    recent = List.copyOf(recent.subList(Math.max(0, recent.size() - REMEMBERED), recent.size()));
    if (recent.stream().anyMatch(Duration::isNegative)) {
      throw new IllegalArgumentException("a duration must not be negative, as in " + recent);
    }
  }

  public TypicalDuration with(Duration latest) {
    List<Duration> more = new ArrayList<>(recent);
    more.add(latest);
    return new TypicalDuration(more);
  }

  /** What nine of ten did not exceed; nothing as long as too few have been seen to tell. */
  public Optional<Duration> nineOfTen() {
    if (recent.size() < ENOUGH) {
      return Optional.empty();
    }
    int rank = (int) Math.ceil(recent.size() * 0.9);
    return Optional.of(recent.stream().sorted().toList().get(rank - 1));
  }
}
