package dev.millrace.cas.index;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a blob stays after someone was told that it exists.
 *
 * @param promised from that moment on
 * @param precision by how much the recorded time of last use may lag behind; a blob that is asked
 *     for more often than this is not written to for it
 */
public record Retention(Duration promised, Duration precision) {

  public static final Retention DEFAULT =
      new Retention(Duration.ofHours(6), Duration.ofMinutes(10));

  public Retention {
    if (promised.isNegative() || !precision.isPositive()) {
      throw new IllegalArgumentException(
          "retention: not negative, with a positive precision, not " + promised + ", " + precision);
    }
  }

  /** A recorded use before this is brought up to date when there is another. */
  Instant renewedIfBefore(Instant now) {
    return now.minus(precision);
  }

  /** Only blobs whose recorded use is before this may be condemned. */
  public Instant condemnableBefore(Instant now) {
    return now.minus(promised).minus(precision);
  }
}
