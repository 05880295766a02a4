package dev.millrace.execution.workers;

import java.time.Duration;

/**
 * How long bots' calls are held, and how often busy bots report.
 *
 * @param idleHold how long the call of a bot that has nothing is held when there is no work
 * @param busyHold how long that of a bot without room is
 * @param heartbeat how soon a bot without room is to report again: it sets the delay until a stock
 *     worker notices that a lease is cancelled
 * @param expiry after what time without a sign a bot counts as lost
 */
public record PollTiming(
    Duration idleHold, Duration busyHold, Duration heartbeat, Duration expiry) {

  public PollTiming {
    if (idleHold.compareTo(expiry) >= 0 || heartbeat.compareTo(expiry) >= 0) {
      throw new IllegalArgumentException(
          "a bot's call (%s) and heartbeat (%s) must be shorter than its expiry (%s)"
              .formatted(idleHold, heartbeat, expiry));
    }
  }

  /** How long the call of a bot with room is held that has leases, which it is to report. */
  Duration partlyBusyHold() {
    Duration part = expiry.dividedBy(3);
    return part.compareTo(idleHold) < 0 ? part : idleHold;
  }
}
