package dev.millrace.cas.index;

import java.time.Instant;

/**
 * What has to go of one instance.
 *
 * @param instance its number
 * @param before all that was last used before this
 * @param until and of what was last used from then until this, as many bytes as {@code budget}
 *     says, those used longest ago first
 */
public record Cut(int instance, Instant before, Instant until, long budget) {

  public Cut {
    if (until.isBefore(before) || budget < 0) {
      throw new IllegalArgumentException(
          "cut: not from %s until %s with %d bytes".formatted(before, until, budget));
    }
  }

  /** The same with less left to take of its last stretch. */
  public Cut less(long bytes) {
    return new Cut(instance, before, until, Math.max(0, budget - bytes));
  }
}
