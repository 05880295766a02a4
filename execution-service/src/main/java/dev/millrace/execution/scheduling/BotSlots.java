package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The slots of bots that are here: an action has one if a bot that can run it has room for it. Once
 * it is decided whose actions get them, {@link #assign} says which bot gets which.
 */
public final class BotSlots implements Slots {

  private final Map<Long, Work> queues;
  private final Collection<FreeBot> bots;
  private final Suitability suitability;
  private final Room room;

  /**
   * @param queues what each queue in question is for
   */
  public BotSlots(Collection<FreeBot> bots, Map<Long, Work> queues) {
    this.queues = Map.copyOf(queues);
    this.bots = List.copyOf(bots);
    this.suitability = new Suitability(queues.values());
    this.room = new Room(bots, suitability);
  }

  /** Those bots that could do any of the work; most do not, where thousands wait. */
  public static List<FreeBot> useful(Collection<FreeBot> bots, Collection<Work> works) {
    Suitability suitability = new Suitability(works);
    return bots.stream().filter(bot -> !suitability.of(bot.offer()).works().isEmpty()).toList();
  }

  /**
   * Places actions with the bots as they were in the beginning, in the order given. As the slots
   * were taken by the same rules, all of them find a place if it is those that slots were taken
   * for; where one was led elsewhere by its inputs or its failures, another may be left over.
   */
  public List<Assignment> assign(List<QueuedAction> actions, Locality locality) {
    return Assignment.of(actions, new Room(bots, suitability), locality);
  }

  @Override
  public boolean left(long queue) {
    Work work = queues.get(queue);
    return work != null && room.isLeftFor(work);
  }

  @Override
  public void take(long queue) {
    Work work = queues.get(queue);
    if (work == null || room.take(work).isEmpty()) {
      throw new IllegalStateException("queue " + queue + " has no slot left");
    }
  }
}
