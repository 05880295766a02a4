package dev.millrace.execution.scheduling.simulation;

import dev.millrace.execution.operation.VisitedTransitions;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.Slots;
import dev.millrace.execution.scheduling.simulation.SimulatedStore.Lease;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A number of equal slots that never fail, and a queue: how long things take under a fair share.
 */
final class Workshop {

  private final FairShare shares;
  private final int slots;
  private final SimulatedStore store =
      new SimulatedStore(new AttemptPolicy(1), new VisitedTransitions());
  private final PriorityQueue<End> ends = new PriorityQueue<>(Comparator.comparing(End::at));
  private final PriorityQueue<SimulatedTask> arrivals = new PriorityQueue<>(SimulatedTask.BY_AGE);
  private Instant now = Instant.EPOCH;

  private record End(Instant at, Lease lease) {}

  Workshop(FairShare shares, int slots) {
    this.shares = shares;
    this.slots = slots;
  }

  void send(List<SimulatedTask> tasks) {
    arrivals.addAll(tasks);
  }

  /** Goes on until all of the tasks are over; returns the time that it is then. */
  Instant runUntilOver(List<SimulatedTask> tasks) {
    while (tasks.stream().anyMatch(task -> task.starts == 0) || anyRunning(tasks)) {
      step();
    }
    return now;
  }

  private boolean anyRunning(List<SimulatedTask> tasks) {
    return tasks.stream().anyMatch(task -> !task.state.leases().isEmpty());
  }

  private void step() {
    Instant arrival = arrivals.isEmpty() ? Instant.MAX : arrivals.peek().queuedAt;
    Instant end = ends.isEmpty() ? Instant.MAX : ends.peek().at();
    now = arrival.isBefore(end) ? arrival : end;
    while (!arrivals.isEmpty() && !arrivals.peek().queuedAt.isAfter(now)) {
      store.submit(arrivals.poll());
    }
    while (!ends.isEmpty() && !ends.peek().at().isAfter(now)) {
      store.finish(ends.poll().lease().id, now);
    }
    List<Flow> order = shares.order(store.flows(), new Equal(slots - ends.size()), now);
    for (SimulatedTask task : store.first(order)) {
      store.lease(task, "bot", now);
      task.starts++;
      Lease lease = store.lease(task.state.leases().iterator().next());
      ends.add(new End(now.plus(task.length), lease));
    }
  }

  /** Slots that serve everything. */
  private static final class Equal implements Slots {
    private int left;

    Equal(int left) {
      this.left = left;
    }

    @Override
    public boolean left(long queue) {
      return left > 0;
    }

    @Override
    public void take(long queue) {
      left--;
    }
  }
}
