package dev.millrace.bench;

import java.time.Duration;

/**
 * How long everything takes.
 *
 * @param rounds a workload and endpoint
 * @param warmUp load before the first round, a workload and endpoint
 * @param duration of a round
 */
record Plan(int rounds, Duration warmUp, Duration duration) {

  Plan {
    if (rounds < 1) {
      throw new IllegalArgumentException("rounds: at least one, not " + rounds);
    }
    if (warmUp.isNegative() || !duration.isPositive()) {
      throw new IllegalArgumentException("a duration is above 0, a warm-up not below");
    }
  }
}
