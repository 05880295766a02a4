package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.HedgePolicy.Run;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides which bots get, as a second one each, the actions that seem to hang. Only bots are used
 * that can run nothing of what waits, but for what has to wait as its team is at its limit.
 */
public record Hedging(HedgePolicy policy, FairShare shares) {

  /**
   * An action that a single bot has.
   *
   * @param team whom it counts for
   * @param session the bot's, which is not to get it again
   * @param typical how long its like took
   */
  public record Suspect(
      QueuedAction action, String team, String session, Run run, TypicalDuration typical) {}

  /**
   * What waits and runs.
   *
   * @param works what each queue is for in which anything waits
   */
  public record Demand(Collection<FlowState> flows, Map<Long, Work> works) {}

  /** Those of the actions that are to be given to a second bot, if there is one to spare. */
  public List<Suspect> hanging(Collection<Suspect> suspects) {
    return suspects.stream().filter(one -> policy.hedges(one.run(), one.typical())).toList();
  }

  /** Gives out actions that {@link #hanging hang}, in the order given. */
  public List<Assignment> assign(List<Suspect> hanging, Collection<FreeBot> bots, Demand demand) {
    Map<String, Integer> running = new HashMap<>();
    demand.flows().forEach(one -> running.merge(one.flow().team(), one.running(), Integer::sum));
    List<FreeBot> spare = new ArrayList<>(spare(bots, demand, running));
    List<Assignment> hedges = new ArrayList<>();
    for (Suspect suspect : hanging) {
      if (mayRunMore(suspect.team(), running)) {
        List<FreeBot> others =
            spare.stream().filter(bot -> !bot.session().equals(suspect.session())).toList();
        for (Assignment hedge : Assignment.of(List.of(suspect.action()), others)) {
          hedges.add(hedge);
          running.merge(suspect.team(), 1, Integer::sum);
          spare.replaceAll(
              bot -> bot.session().equals(hedge.session()) ? with(bot, suspect.action()) : bot);
        }
      }
    }
    return hedges;
  }

  private boolean mayRunMore(String team, Map<String, Integer> running) {
    return running.getOrDefault(team, 0) < shares.of(team).limit();
  }

  private List<FreeBot> spare(
      Collection<FreeBot> bots, Demand demand, Map<String, Integer> running) {
    Set<Work> wanted =
        demand.flows().stream()
            .filter(one -> one.queued() > 0 && mayRunMore(one.flow().team(), running))
            .map(one -> demand.works().get(one.flow().queue()))
            .collect(Collectors.toSet());
    Suitability suitability = new Suitability(wanted);
    return bots.stream().filter(bot -> suitability.of(bot.offer()).works().isEmpty()).toList();
  }

  /** The bot once it has the action as well. */
  private static FreeBot with(FreeBot bot, QueuedAction action) {
    return new FreeBot(
        bot.session(),
        bot.offer(),
        bot.free() - 1,
        bot.held().plus(action.requirements().resources()));
  }
}
