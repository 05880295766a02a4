package dev.millrace.execution.scheduling;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Remembers who was given a slot last, for those with equal shares to take turns even where nothing
 * is left running between two of them. It is kept in memory by each replica of what that gave out:
 * as each alternates for itself, two who share are never further apart than there are replicas.
 */
public final class Turns {

  /** Who had none for longest is forgotten first: those come first anyway. */
  private static final int MOST_REMEMBERED = 1_000;

  /** What runs or ran does not wait anywhere. */
  private static final long NO_QUEUE = -1;

  private final Lock lock = new ReentrantLock();

  /** The latest one last. */
  private final LinkedHashMap<Party, Instant> last = new LinkedHashMap<>();

  /** Those who share at one level or another. */
  private record Party(String team, String user, String invocation) {

    static Party of(Flow flow) {
      return new Party(flow.team(), flow.user(), flow.invocation());
    }
  }

  /** Takes note that flows were given slots. */
  public void take(Collection<Flow> served, Instant now) {
    lock.lock();
    try {
      for (Flow flow : served) {
        Instant unused = last.putLast(Party.of(flow), now);
      }
      while (last.size() > MOST_REMEMBERED) {
        last.pollFirstEntry();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The last turns of those teams of which anything waits. What came before anything that waits now
   * says nothing any more, and is forgotten.
   *
   * @param waiting all flows in which anything waits
   */
  public List<FlowState> of(Collection<FlowState> waiting) {
    Set<String> teams =
        waiting.stream().map(state -> state.flow().team()).collect(Collectors.toSet());
    Instant oldest =
        waiting.stream().map(FlowState::oldest).min(Instant::compareTo).orElse(Instant.MAX);
    List<FlowState> turns = new ArrayList<>();
    lock.lock();
    try {
      Iterator<Map.Entry<Party, Instant>> each = last.entrySet().iterator();
      while (each.hasNext()) {
        Map.Entry<Party, Instant> one = each.next();
        Party party = one.getKey();
        if (one.getValue().isBefore(oldest)) {
          each.remove();
        } else if (teams.contains(party.team())) {
          turns.add(
              new FlowState(
                  new Flow(NO_QUEUE, party.team(), party.user(), party.invocation(), 0),
                  /* queued= */ 0,
                  /* running= */ 0,
                  Instant.EPOCH,
                  one.getValue()));
        }
      }
    } finally {
      lock.unlock();
    }
    return turns;
  }
}
