package dev.millrace.execution.scheduling;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
   * @param held what its leases take of its resources
   */
  public record FreeBot(String session, Offer offer, int free, Resources held) {

    /** A bot whose leases take nothing but their place. */
    public FreeBot(String session, Offer offer, int free) {
      this(session, offer, free, Resources.NONE);
    }

    /** The same bot, with an equal offer. */
    public FreeBot offering(Offer same) {
      return new FreeBot(session, same, free, held);
    }
  }

  /** Places actions of which nobody knows who holds their inputs. */
  public static List<Assignment> of(List<QueuedAction> actions, Collection<FreeBot> bots) {
    return of(actions, bots, Locality.UNKNOWN);
  }

  /**
   * Serves actions in the order given. Each goes to another bot than the one that failed it last,
   * if there is one; then to the bot that is good for the least else, so that special ones stay
   * free for what needs them; and among equals to the one that holds most of its inputs, or else to
   * the one with most room.
   */
  public static List<Assignment> of(
      List<QueuedAction> actions, Collection<FreeBot> bots, Locality locality) {
    Suitability suitability = new Suitability(actions.stream().map(QueuedAction::work).toList());
    return of(actions, new Room(bots, suitability), locality);
  }

  static List<Assignment> of(List<QueuedAction> actions, Room room, Locality locality) {
    List<Assignment> assignments = new ArrayList<>();
    for (QueuedAction action : actions) {
      Optional<String> session =
          room.take(action.work(), action.avoidedSession(), locality.of(action.id()));
      session.ifPresent(chosen -> assignments.add(new Assignment(action.id(), chosen)));
    }
    return assignments;
  }
}
