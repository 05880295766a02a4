package dev.millrace.cas.collection;

import dev.millrace.cas.index.Retention;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The ages that a survey tells apart: some hundred, each a fiftieth longer than the one before,
 * from the youngest that may be condemned up to twenty years.
 *
 * @param bounds between ages, the oldest first; what was used at or after the last one stays
 */
record AgeScale(List<Instant> bounds) {

  private static final Duration OLDEST = Duration.ofDays(20 * 365);
  private static final int STEP = 50;

  AgeScale {
    bounds = List.copyOf(bounds);
  }

  static AgeScale at(Instant now, Retention retention) {
    List<Instant> bounds = new ArrayList<>();
    Duration age = Duration.between(retention.condemnableBefore(now), now);
    while (age.compareTo(OLDEST) < 0) {
      bounds.add(now.minus(age));
      age = age.plus(age.dividedBy(STEP)).plusSeconds(1);
    }
    Collections.reverse(bounds);
    return new AgeScale(bounds);
  }

  /** The number of ages, the last of which is too recent. */
  int ages() {
    return bounds.size() + 1;
  }

  int tooRecent() {
    return bounds.size();
  }

  /** Where an age begins. */
  Instant from(int age) {
    return age == 0 ? Instant.EPOCH : bounds.get(age - 1);
  }

  /** Where an age ends. */
  Instant until(int age) {
    return bounds.get(age);
  }
}
