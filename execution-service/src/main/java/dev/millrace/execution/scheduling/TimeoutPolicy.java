package dev.millrace.execution.scheduling;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.Optional;

/**
 * How long a command may run.
 *
 * @param standard for actions that do not say
 * @param maximum what actions may ask for at most
 * @param transfers what a worker may take beyond that to fetch inputs and store outputs; after that
 *     the server ends the action itself, in case the worker does not enforce the time-out
 */
public record TimeoutPolicy(Duration standard, Duration maximum, Duration transfers) {

  public TimeoutPolicy {
    if (!standard.isPositive() || standard.compareTo(maximum) > 0 || transfers.isNegative()) {
      throw new IllegalArgumentException(
          "time-outs: the default (%s) must be positive and within the maximum (%s)"
              .formatted(standard, maximum));
    }
  }

  /**
   * The time-out of an action.
   *
   * @throws Failure.InvalidRequest if it asks for more than the maximum
   */
  public Duration of(Optional<Duration> asked) {
    // Some clients say zero where they mean that they do not mind.
    if (asked.isEmpty() || asked.get().isZero()) {
      return standard;
    }
    Duration timeout = asked.get();
    if (timeout.isNegative()) {
      throw new Failure.InvalidRequest("action.timeout", "must not be negative, is " + timeout);
    }
    if (timeout.compareTo(maximum) > 0) {
      throw new Failure.InvalidRequest(
          "action.timeout", "is %s; at most %s is allowed here".formatted(timeout, maximum));
    }
    return timeout;
  }

  /** How long a bot may hold the action. */
  public Duration holdLimit(Duration timeout) {
    return timeout.plus(transfers);
  }
}
