package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** The slots of bots that are here: an action has one if a bot that can run it has room for it. */
public final class BotSlots implements Slots {

  private final Map<Long, Work> queues;
  private final Room room;

  /**
   * @param queues what each queue in question is for
   */
  public BotSlots(Collection<FreeBot> bots, Map<Long, Work> queues) {
    this.queues = Map.copyOf(queues);
    this.room = new Room(bots, Set.copyOf(queues.values()));
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
