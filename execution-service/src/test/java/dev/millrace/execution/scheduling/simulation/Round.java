package dev.millrace.execution.scheduling.simulation;

import dev.millrace.execution.scheduling.Assignment;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.BotSlots;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.FlowState;
import dev.millrace.execution.scheduling.HedgePolicy;
import dev.millrace.execution.scheduling.HedgePolicy.Run;
import dev.millrace.execution.scheduling.Hedging;
import dev.millrace.execution.scheduling.Hedging.Demand;
import dev.millrace.execution.scheduling.Hedging.Suspect;
import dev.millrace.execution.scheduling.Locality;
import dev.millrace.execution.scheduling.QueuedAction;
import dev.millrace.execution.scheduling.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One round of a replica's dispatcher, step by step: what it has not written when it is lost is as
 * if it had never been.
 */
final class Round {

  private final SimulatedStore store;
  private final FairShare shares;
  private final Hedging hedging;
  private final Map<Long, Work> queues;

  /**
   * What a round saw, and what it decided.
   *
   * @param planned where the actions would have gone, did it not matter which of a flow's they are
   */
  record Outcome(
      List<FreeBot> bots,
      List<FlowState> flows,
      List<Assignment> planned,
      List<Assignment> assignments) {}

  Round(SimulatedStore store, FairShare shares, HedgePolicy policy, Map<Long, Work> queues) {
    this.store = store;
    this.shares = shares;
    this.hedging = new Hedging(policy, shares);
    this.queues = queues;
  }

  /** Decides for the bots that wait with one replica. */
  Outcome decide(List<SimulatedBot> waiting, Locality locality, Instant now) {
    List<FreeBot> bots =
        waiting.stream().map(bot -> bot.free(store)).filter(bot -> bot.free() > 0).toList();
    List<FlowState> flows = store.flows();
    BotSlots slots = new BotSlots(bots, queues);
    List<Flow> order = shares.order(flows, slots, now);
    List<QueuedAction> actions = store.first(order).stream().map(SimulatedTask::queued).toList();
    List<QueuedAction> anonymous = actions.stream().map(Round::withoutHistory).toList();
    return new Outcome(
        bots, flows, slots.assign(anonymous, Locality.UNKNOWN), slots.assign(actions, locality));
  }

  private static QueuedAction withoutHistory(QueuedAction action) {
    return new QueuedAction(
        action.id(),
        action.instance(),
        action.requirements(),
        action.priority(),
        action.queuedAt(),
        "");
  }

  void write(Outcome outcome, Instant now) {
    outcome
        .assignments()
        .forEach(chosen -> store.lease(store.task(chosen.action()), chosen.session(), now));
  }

  /** Which bots would get what hangs elsewhere. */
  List<Assignment> decideHedges(List<SimulatedBot> waiting, Instant now) {
    List<Suspect> suspects = store.merged().stream().map(task -> suspect(task, now)).toList();
    List<FreeBot> bots =
        waiting.stream().map(bot -> bot.free(store)).filter(bot -> bot.free() > 0).toList();
    return hedging.assign(hedging.hanging(suspects), bots, new Demand(store.flows(), queues));
  }

  private Suspect suspect(SimulatedTask task, Instant now) {
    Run run = new Run(task.waiters, task.hedges, Duration.between(task.leasedAt, now));
    UUID lease = task.state.leases().iterator().next();
    return new Suspect(
        task.queued(),
        task.flow.team(),
        store.lease(lease).session,
        run,
        store.typical(task.likeness));
  }

  void writeHedges(List<Assignment> hedges, Instant now) {
    hedges.forEach(chosen -> store.lease(store.task(chosen.action()), chosen.session(), now));
  }
}
