package dev.millrace.execution.scheduling;

import java.time.Instant;

/**
 * How much of a flow waits and how much of it runs: all that a fair order of the work is decided
 * from.
 *
 * @param queued how many of its actions wait; none is fine, as what runs counts too
 * @param running how many of its actions are with bots
 * @param oldest since when its oldest queued action waits; of no meaning if none is queued
 * @param served when it was last given a slot, as far as that is known: those that were served long
 *     ago come first where shares are equal
 */
public record FlowState(Flow flow, int queued, int running, Instant oldest, Instant served) {

  public FlowState {
    if (queued < 0 || running < 0) {
      throw new IllegalArgumentException(
          "%s: neither queued (%d) nor running (%d) can be negative"
              .formatted(flow, queued, running));
    }
  }

  /** A flow whose last turn nobody remembers. */
  public FlowState(Flow flow, int queued, int running, Instant oldest) {
    this(flow, queued, running, oldest, Instant.MIN);
  }
}
