package dev.millrace.execution.scheduling;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Shares slots among teams, a team's among its users, and a user's among the invocations: whoever
 * has least running for its weight is next, then who has waited longest since its last turn. Within
 * a team what is more urgent goes first, and waiting makes everything more urgent, so that nothing
 * waits for ever. As only what waits and what runs counts, every replica comes to the same result.
 *
 * @param teams the shares of teams that do not have the one of the others
 * @param others the share of every other team
 * @param ageing how long a queued action waits to become more urgent by one step
 */
public record FairShare(Map<String, TeamShare> teams, TeamShare others, Duration ageing) {

  public FairShare {
    if (ageing.toMillis() < 1) {
      throw new IllegalArgumentException("ageing: must be at least a millisecond, is " + ageing);
    }
    teams = Map.copyOf(teams);
  }

  /** What a team may have. */
  public TeamShare of(String team) {
    return teams.getOrDefault(team, others);
  }

  /** What orders actions of one team: their priority, less a step for each time of ageing. */
  public long urgency(int priority, Instant queuedAt, Instant now) {
    Duration waited = Duration.between(queuedAt, now);
    return waited.isNegative() ? priority : priority - waited.toMillis() / ageing.toMillis();
  }

  /**
   * Says which flows the next slots serve, one entry a slot, first come first. A flow counts as old
   * as its oldest action throughout: which one that is, is looked at anew the next time.
   *
   * @param flows all that have anything queued or running, with slots that fit them or without
   * @param slots what there is to give; it is taken up on return
   */
  public List<Flow> order(Collection<FlowState> flows, Slots slots, Instant now) {
    return new FairRound(this, flows, slots, now).order();
  }
}
