package dev.millrace.execution.scheduling;

import java.time.Duration;

/**
 * When an action that several wait for is given to a second bot, as the first one seems to hang. It
 * is meant for slots that nothing queued has a use for, for another bot than the first, and for
 * teams that may run more, as it runs twice.
 *
 * @param times how many times as long as its like an action runs before that, at least one
 * @param atLeast how long it runs in any case: what is brief is not worth another slot
 */
public record HedgePolicy(double times, Duration atLeast) {

  public HedgePolicy {
    if (!(times >= 1)) {
      throw new IllegalArgumentException("times: must be at least 1, is " + times);
    }
    if (atLeast.isNegative()) {
      throw new IllegalArgumentException("at-least: must not be negative, is " + atLeast);
    }
  }

  /**
   * An action that a single bot has.
   *
   * @param waiters how many operations wait for it
   * @param hedges how often it was given to a second bot before
   * @param runningFor how long the bot has had it
   */
  public record Run(int waiters, int hedges, Duration runningFor) {}

  /** Whether it is to be given to a second bot now: once at most, whatever becomes of that. */
  public boolean hedges(Run run, TypicalDuration typical) {
    return run.waiters() > 1
        && run.hedges() == 0
        && run.runningFor().compareTo(atLeast) >= 0
        && typical
            .nineOfTen()
            .filter(like -> run.runningFor().toMillis() > like.toMillis() * times)
            .isPresent();
  }
}
