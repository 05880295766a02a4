package dev.millrace.execution.scheduling.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.simulation.SimulatedStore.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

/** A bot that polls, works on what it is given and reports what came of it, as long as it lives. */
final class SimulatedBot {

  static final Duration POLL = Duration.ofSeconds(1);

  private static final int FETCH_MILLIS = 200;

  final String session;
  final Offer offer;
  final int capacity;

  /** The replica that its poll is with. */
  int replica;

  /** Until then it works on, but nobody hears of it. */
  Instant silentUntil = Instant.MIN;

  private final SplittableRandom random;
  private final Map<UUID, Running> running = new HashMap<>();
  private Instant nextPoll = Instant.MIN;
  private Instant nextEvent = Instant.MAX;

  private static final class Running {
    final SimulatedTask task;
    final Instant beginsAt;
    final Instant endsAt;
    boolean begun;

    Running(SimulatedTask task, Instant beginsAt, Instant endsAt) {
      this.task = task;
      this.beginsAt = beginsAt;
      this.endsAt = endsAt;
    }

    Instant next() {
      return begun ? endsAt : beginsAt;
    }
  }

  SimulatedBot(String session, Offer offer, int capacity, SplittableRandom random) {
    this.session = session;
    this.offer = offer;
    this.capacity = capacity;
    this.random = random;
  }

  FreeBot free(SimulatedStore store) {
    return new FreeBot(session, offer, capacity - store.countOf(session), store.heldBy(session));
  }

  /** Works on; true if there is something to tell. */
  boolean work(Instant now) {
    if (nextEvent.isAfter(now)) {
      return !nextPoll.isAfter(now);
    }
    boolean ended = false;
    for (Running one : running.values()) {
      if (!one.begun && !one.beginsAt.isAfter(now)) {
        one.begun = true;
        one.task.starts++;
        assertThat(one.task.starts)
            .as("begun no more often than there was a reason to: %s", one.task)
            .isLessThanOrEqualTo(1 + one.task.causes);
      }
      ended |= !one.endsAt.isAfter(now);
    }
    schedule();
    return ended || !nextPoll.isAfter(now);
  }

  private void schedule() {
    nextEvent =
        running.values().stream().map(Running::next).min(Instant::compareTo).orElse(Instant.MAX);
  }

  /** One poll: reports what ended, and learns what it has to do. */
  void poll(SimulatedStore store, Instant now) {
    for (Map.Entry<UUID, Running> entry : List.copyOf(running.entrySet())) {
      if (entry.getValue().begun && !entry.getValue().endsAt.isAfter(now)) {
        running.remove(entry.getKey());
        if (random.nextInt(100) == 0) {
          store.fail(entry.getKey(), "no space left");
        } else {
          store.finish(entry.getKey(), now);
        }
      }
    }
    store.renew(session, now);
    Map<UUID, Lease> mine = new HashMap<>();
    store.leasesOf(session).forEach(lease -> mine.put(lease.id, lease));
    // What was taken away from it meanwhile is not its business any more.
    running.keySet().retainAll(mine.keySet());
    for (Lease lease : mine.values()) {
      if (lease.cancelled) {
        running.remove(lease.id);
        store.drop(lease.id);
      } else if (!running.containsKey(lease.id)) {
        start(lease, now);
      }
    }
    schedule();
    nextPoll = now.plus(POLL);
  }

  private void start(Lease lease, Instant now) {
    Instant begin = now.plusMillis(random.nextInt(FETCH_MILLIS));
    // Now and then something hangs.
    long times = random.nextInt(25) == 0 ? 8 : 1;
    running.put(
        lease.id,
        new Running(lease.task, begin, begin.plus(lease.task.length.multipliedBy(times))));
    assertThat(running).as("within its capacity: %s", session).hasSizeLessThanOrEqualTo(capacity);
  }

  /** Says goodbye: gives back what it never began. */
  void leave(SimulatedStore store) {
    for (Lease lease : store.leasesOf(session)) {
      Running one = running.get(lease.id);
      if (one == null || !one.begun) {
        store.handBack(lease.id);
      } else {
        store.fail(lease.id, "the worker went away");
      }
    }
  }
}
