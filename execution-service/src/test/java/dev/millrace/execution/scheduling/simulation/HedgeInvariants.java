package dev.millrace.execution.scheduling.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.scheduling.Assignment;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.FlowState;
import dev.millrace.execution.scheduling.HedgePolicy;
import dev.millrace.execution.scheduling.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What holds of every action that is given to a second bot: several wait for it, it has run far
 * past its like, it never was before, the bot is another one, the team may run more, and nothing
 * queued has a use for the slot.
 */
final class HedgeInvariants {

  private final FairShare shares;
  private final HedgePolicy policy;
  private final Map<Long, Work> queues;

  HedgeInvariants(FairShare shares, HedgePolicy policy, Map<Long, Work> queues) {
    this.shares = shares;
    this.policy = policy;
    this.queues = queues;
  }

  /**
   * @param store as it is before they are given
   */
  void check(List<Assignment> hedges, SimulatedStore store, Fleet fleet, Instant now) {
    List<FlowState> unserved =
        store.flows().stream()
            .filter(state -> state.queued() > 0)
            .filter(state -> mayRunMore(state.flow().team(), store, 0))
            .toList();
    Map<String, Integer> given = new HashMap<>();
    Set<UUID> hedged = new HashSet<>();
    for (Assignment hedge : hedges) {
      SimulatedTask task = store.task(hedge.action());
      SimulatedBot bot = fleet.bot(hedge.session());
      checkHangs(task, store, now);
      assertThat(hedged.add(task.id) && task.hedges == 0).as("once: %s", task).isTrue();
      assertThat(task.state).as("with one bot: %s", task).isInstanceOf(Executing.class);
      UUID first = ((Executing) task.state).lease();
      assertThat(store.lease(first).session).as("another bot: %s", task).isNotEqualTo(bot.session);
      int before = given.merge(task.flow.team(), 1, Integer::sum) - 1;
      assertThat(mayRunMore(task.flow.team(), store, before)).as("the team's limit").isTrue();
      assertThat(unserved.stream().map(state -> state.flow().queue()).map(queues::get))
          .as("what waits, while %s is given %s, too", bot.session, task)
          .noneMatch(work -> work.canRunOn(bot.offer));
    }
  }

  private boolean mayRunMore(String team, SimulatedStore store, int more) {
    return store.running(team) + more < shares.of(team).limit();
  }

  private void checkHangs(SimulatedTask task, SimulatedStore store, Instant now) {
    Duration ran = Duration.between(task.leasedAt, now);
    Duration like = store.typical(task.likeness).nineOfTen().orElseThrow();
    assertThat(task.waiters).as("waiters of %s", task).isGreaterThan(1);
    assertThat(ran).isGreaterThanOrEqualTo(policy.atLeast());
    assertThat((double) ran.toMillis()).isGreaterThan(like.toMillis() * policy.times());
  }

  /** What holds of all that two bots have, at any time. */
  void checkRaces(SimulatedStore store) {
    for (SimulatedTask task : store.racing()) {
      Racing race = (Racing) task.state;
      assertThat(store.lease(race.first()).session)
          .as("two bots: %s", task)
          .isNotEqualTo(store.lease(race.second()).session);
      assertThat(task.hedges).as("hedges of %s", task).isOne();
    }
  }
}
