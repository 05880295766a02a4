package dev.millrace.execution.scheduling;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Decides that one action goes to one bot.
 *
 * @param action the queued action
 * @param session the bot's session
 */
public record Assignment(UUID action, String session) {

  /**
   * A bot that is ready for more.
   *
   * @param session the bot's session
   * @param free how many leases it can take
   */
  public record FreeBot(String session, Offer offer, int free) {}

  /**
   * Serves actions in their order. Each goes to another bot than the one that failed it last, if
   * there is one; then to the bot that is good for the least else, so that special ones stay free
   * for what needs them; and among equals to the one with most room.
   */
  public static List<Assignment> of(Collection<QueuedAction> actions, Collection<FreeBot> bots) {
    Map<String, Integer> free = new HashMap<>();
    bots.forEach(bot -> free.put(bot.session(), bot.free()));
    Comparator<FreeBot> preference =
        Comparator.<FreeBot>comparingInt(bot -> bot.offer().versatility())
            .thenComparing(bot -> free.getOrDefault(bot.session(), 0), Comparator.reverseOrder())
            .thenComparing(FreeBot::session);
    List<Assignment> assignments = new ArrayList<>();
    for (QueuedAction action : actions.stream().sorted(QueuedAction.ORDER).toList()) {
      Optional<FreeBot> chosen =
          bots.stream()
              .filter(bot -> free.getOrDefault(bot.session(), 0) > 0)
              .filter(bot -> action.canRunOn(bot.offer()))
              .min(elsewhere(action).thenComparing(preference));
      if (chosen.isPresent()) {
        String session = chosen.get().session();
        free.merge(session, -1, Integer::sum);
        assignments.add(new Assignment(action.id(), session));
      }
    }
    return assignments;
  }

  private static Comparator<FreeBot> elsewhere(QueuedAction action) {
    return Comparator.comparing(bot -> bot.session().equals(action.avoidedSession()));
  }
}
