package dev.millrace.worker.lease;

import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The leases of one bot: which it holds, how far each is, and what the server's replies change in
 * that. The server's word counts: what it leaves out of a reply is not the bot's any more. Used by
 * the bot's own thread alone.
 */
final class LeaseTable {

  private final int slots;
  private final Function<HeldLease, Thread> starter;
  private final Map<String, HeldLease> leases = new LinkedHashMap<>();

  /** Threads that have not ended yet, also those of leases that are not held any more. */
  private int busy;

  private boolean closed;
  private boolean news;

  /**
   * @param slots how many leases run at a time
   * @param starter starts a thread that runs a lease; {@link #ended} is called when it is over
   */
  LeaseTable(int slots, Function<HeldLease, Thread> starter) {
    this.slots = slots;
    this.starter = starter;
  }

  /** Takes over what a reply of the server says. */
  void apply(List<Lease> reply) {
    Set<String> named = new HashSet<>();
    for (Lease lease : reply) {
      named.add(lease.getId());
      HeldLease held = leases.get(lease.getId());
      if (held != null) {
        if (lease.getState() == LeaseState.CANCELLED) {
          cancel(held);
        }
      } else if (!closed && isOffer(lease)) {
        leases.put(lease.getId(), new HeldLease(lease));
        news = true;
      }
    }
    Iterator<HeldLease> held = leases.values().iterator();
    while (held.hasNext()) {
      HeldLease lease = held.next();
      if (!named.contains(lease.id())) {
        held.remove();
        interrupt(lease);
      }
    }
    startWaiting();
  }

  /** Notes that a lease's thread has ended. */
  void ended(HeldLease lease, LeaseResult result) {
    busy--;
    if (lease.stage() instanceof HeldLease.Stage.Running) {
      lease.become(new HeldLease.Stage.Done(result));
      news |= leases.get(lease.id()) == lease;
    }
    startWaiting();
  }

  /**
   * Takes no more leases, and begins none of those that wait: they are reported as they are, so
   * that the server knows that it can give them to others as if they had never been here.
   */
  void close() {
    closed = true;
    news = true;
  }

  /** Stops everything that runs; what is still held is reported once it has ended. */
  void interruptAll() {
    leases.values().forEach(LeaseTable::interrupt);
  }

  /** Stops everything and forgets it: the server has, too. */
  void clear() {
    interruptAll();
    leases.clear();
  }

  /** All leases for the server, and with that, nothing is news any more. */
  List<Lease> report() {
    news = false;
    return leases.values().stream().map(HeldLease::report).toList();
  }

  Collection<HeldLease> held() {
    return new ArrayList<>(leases.values());
  }

  /** Whether there is something that the server has not been told. */
  boolean hasNews() {
    return news;
  }

  boolean isEmpty() {
    return leases.isEmpty();
  }

  boolean isBusy() {
    return busy > 0;
  }

  private void startWaiting() {
    for (HeldLease lease : leases.values()) {
      if (closed || busy == slots) {
        return;
      }
      if (lease.stage() instanceof HeldLease.Stage.Waiting) {
        busy++;
        lease.become(new HeldLease.Stage.Running(starter.apply(lease)));
        news = true;
      }
    }
  }

  private void cancel(HeldLease lease) {
    switch (lease.stage()) {
      case HeldLease.Stage.Waiting waiting -> {}
      case HeldLease.Stage.Running running -> running.thread().interrupt();
      case HeldLease.Stage.Done done -> {}
      case HeldLease.Stage.Cancelled cancelled -> {
        return;
      }
    }
    lease.become(new HeldLease.Stage.Cancelled());
    news = true;
  }

  private static void interrupt(HeldLease lease) {
    if (lease.stage() instanceof HeldLease.Stage.Running(Thread thread)) {
      thread.interrupt();
    }
  }

  private static boolean isOffer(Lease lease) {
    return lease.getState() == LeaseState.PENDING || lease.getState() == LeaseState.ACTIVE;
  }
}
