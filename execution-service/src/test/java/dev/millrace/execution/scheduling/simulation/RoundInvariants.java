package dev.millrace.execution.scheduling.simulation;

import dev.millrace.execution.scheduling.Assignment;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.FlowState;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.execution.scheduling.Work;
import dev.millrace.execution.scheduling.simulation.Round.Outcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What holds of every round, looked at slot by slot: no team got one while another that could have
 * used it had less for its weight, nothing went before what was more urgent in its team, no limit
 * was passed, no bot was given more than fits, and no slot was left that something waits for.
 */
final class RoundInvariants {

  private final FairShare shares;
  private final Map<Long, Work> queues;
  private final Map<Offer, Set<Long>> servable = new HashMap<>();
  private final Map<Long, Resources> demands;

  RoundInvariants(FairShare shares, Map<Long, Work> queues) {
    this.shares = shares;
    this.queues = queues;
    this.demands =
        queues.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, entry -> entry.getValue().requirements().resources()));
  }

  /** A bot while the round fills it again. */
  private static final class Bot {
    final Set<Long> servable;
    int free;
    Resources left;

    Bot(FreeBot bot, Set<Long> servable) {
      this.servable = servable;
      this.free = bot.free();
      this.left = bot.offer().resources().minus(bot.held());
    }
  }

  /**
   * @param store as it is after the round
   */
  void check(Outcome round, SimulatedStore store, Instant now) {
    Map<Flow, Long> urgency = new HashMap<>();
    Map<String, Integer> running = new HashMap<>();
    for (FlowState state : round.flows()) {
      Flow flow = state.flow();
      if (state.queued() > 0) {
        urgency.put(flow, shares.urgency(flow.priority(), state.oldest(), now));
      }
      running.merge(flow.team(), state.running(), Integer::sum);
    }
    Map<String, Integer> after = new HashMap<>();
    List<FlowState> flowsAfter = store.flows();
    flowsAfter.forEach(state -> after.merge(state.flow().team(), state.running(), Integer::sum));
    // Had their turn, but were led elsewhere than where they had a place: next time.
    Map<Flow, Integer> leftOver = leftOver(round, store);
    leftOver.forEach((flow, count) -> after.merge(flow.team(), count, Integer::sum));
    List<Flow> waiting =
        flowsAfter.stream()
            .filter(state -> state.queued() > leftOver.getOrDefault(state.flow(), 0))
            .map(FlowState::flow)
            .filter(flow -> after.get(flow.team()) < shares.of(flow.team()).limit())
            .toList();
    Map<String, Bot> bots =
        round.bots().stream()
            .collect(
                Collectors.toMap(FreeBot::session, bot -> new Bot(bot, servableBy(bot.offer()))));
    List<String> problems = new ArrayList<>();
    for (Assignment given : round.assignments()) {
      Flow flow = store.task(given.action()).flow;
      Bot bot = bots.get(given.session());
      int before = running.merge(flow.team(), 1, Integer::sum) - 1;
      waiting.stream()
          .filter(other -> bot.servable.contains(other.queue()))
          .filter(other -> bot.left.cover(demands.get(other.queue())))
          .flatMap(other -> problem(flow, before, other, after.get(other.team()), urgency).stream())
          .findFirst()
          .ifPresent(problems::add);
      checkFit(flow, bot, given);
      if (before >= shares.of(flow.team()).limit()) {
        throw new AssertionError(flow + " got a slot beyond its team's limit");
      }
    }
    // Who is led elsewhere by its inputs or its failures takes a place that was another's.
    Set<Assignment> diverted = new HashSet<>(round.planned());
    round.assignments().forEach(diverted::remove);
    if (problems.size() > diverted.size()) {
      throw new AssertionError(diverted.size() + " diverted, but " + problems);
    }
    if (diverted.isEmpty()) {
      checkNoneIdle(waiting, bots);
    }
  }

  private static Map<Flow, Integer> leftOver(Outcome round, SimulatedStore store) {
    Map<Flow, Integer> leftOver = new HashMap<>();
    if (round.planned().size() != round.assignments().size()) {
      round.planned().forEach(it -> leftOver.merge(store.task(it.action()).flow, 1, Integer::sum));
      round
          .assignments()
          .forEach(it -> leftOver.merge(store.task(it.action()).flow, -1, Integer::sum));
    }
    return leftOver;
  }

  private Optional<String> problem(
      Flow given, int running, Flow other, int otherRunning, Map<Flow, Long> urgency) {
    if (given.team().equals(other.team())) {
      return urgency.get(given) <= urgency.get(other)
          ? Optional.empty()
          : Optional.of(
              "%s of urgency %d got a slot before %s of urgency %d"
                  .formatted(given, urgency.get(given), other, urgency.get(other)));
    }
    long share = (long) running * shares.of(other.team()).weight();
    return share <= (long) otherRunning * shares.of(given.team()).weight()
        ? Optional.empty()
        : Optional.of(
            "%s got a slot with %d running before %s, whose team runs %d in the end"
                .formatted(given, running, other, otherRunning));
  }

  private void checkFit(Flow flow, Bot bot, Assignment given) {
    Resources demand = demands.get(flow.queue());
    if (!bot.servable.contains(flow.queue()) || bot.free < 1 || !bot.left.cover(demand)) {
      throw new AssertionError(given + " of " + flow + " does not fit");
    }
    bot.free--;
    bot.left = bot.left.minus(demand);
  }

  private void checkNoneIdle(List<Flow> waiting, Map<String, Bot> bots) {
    Collection<Long> wanted = waiting.stream().map(Flow::queue).collect(Collectors.toSet());
    for (Bot bot : bots.values()) {
      for (long queue : wanted) {
        if (bot.free > 0 && bot.servable.contains(queue) && bot.left.cover(demands.get(queue))) {
          throw new AssertionError("a bot has room for queue " + queue + ", which waits");
        }
      }
    }
  }

  private Set<Long> servableBy(Offer offer) {
    return servable.computeIfAbsent(
        offer,
        key ->
            queues.entrySet().stream()
                .filter(entry -> entry.getValue().canRunOn(key))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet()));
  }
}
