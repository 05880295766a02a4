package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.rpc.Code;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.HedgePolicy;
import dev.millrace.execution.scheduling.Hedging;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.LeaseRows.Held;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Bots that hang, fail, come back and win, on two replicas that give what hangs to others. */
final class RacesAtOnceTest extends HedgeFixture {

  private static final int ACTIONS = 40;
  private static final int BOTS = 8;

  /** Nothing is given up here. */
  private static final AttemptPolicy PATIENT = new AttemptPolicy(1_000);

  /** Does not change what is typical. */
  private static final ExecuteResponse OUTCOME =
      Endings.ran(ActionResult.newBuilder().setExitCode(1).build());

  private final Map<UUID, Integer> outcomes = new ConcurrentHashMap<>();
  private final AtomicInteger given = new AtomicInteger();
  private final AtomicInteger sent = new AtomicInteger();
  private final List<OperationName> names = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger left = new AtomicInteger(ACTIONS);
  private final List<Replica> replicas = List.of(new Replica(), new Replica());

  /** What one replica has. */
  private final class Replica {
    final Database database = new Database(dataSource, 4);
    final SessionStore sessions =
        new SessionStore(database, clock, UUID::randomUUID, PATIENT, EXPIRY);
    final LeaseStore leases =
        new LeaseStore(
            database, clock, UUID::randomUUID, PATIENT, TIMEOUTS, EXPIRY, shares(Map.of()));
    final Hedges hedges =
        new Hedges(
            database,
            clock,
            UUID::randomUUID,
            new Hedging(new HedgePolicy(1, Duration.ZERO), shares(Map.of())),
            TIMEOUTS,
            EXPIRY);
  }

  @Test
  void whateverBotsDoAtOnceEveryActionHasOneOutcome() throws Exception {
    long seed = System.nanoTime();
    System.out.println("RacesAtOnceTest seed " + seed);
    learn();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> bots = new ArrayList<>();
      for (int i = 0; i < BOTS; i++) {
        int number = i;
        bots.add(threads.submit(() -> work(number, new SplittableRandom(seed + number))));
      }
      for (Future<?> bot : bots) {
        bot.get();
      }
    }

    System.out.println(given + " were given to second bots");
    assertThat(names).hasSize(2 * ACTIONS).allMatch(name -> state(name) instanceof Completed);
    assertThat(outcomes).as("seed " + seed).hasSize(ACTIONS);
    assertThat(outcomes.values()).as("seed " + seed).allMatch(count -> count == 1);
    assertThat(given).as("seed " + seed).hasPositiveValue();
  }

  private void work(int number, SplittableRandom random) {
    String id = "bot " + number;
    Replica replica = replicas.get(number % replicas.size());
    String session = replica.sessions.open(session(id, 2));
    while (left.get() > 0) {
      // Little is queued at any time, so that there are slots for what hangs.
      if (random.nextInt(8) == 0) {
        submitNext();
      }
      FreeBot bot = new FreeBot(session, session(id, 2).offer(), 2);
      replica.leases.assign(List.of(bot));
      given.addAndGet(replica.hedges.give(List.of(bot)).leases().size());
      for (HeldLease lease : replica.sessions.leases(session)) {
        switch (random.nextInt(20)) {
          case 0 -> replica.leases.fail(lease.id(), session, Code.UNAVAILABLE, "by chance");
          case 1 -> session = replica.sessions.open(session(id, 2));
          case 2 -> report(replica, id, session, stopped(lease));
          case 3, 4 -> clock.advance(Duration.ofSeconds(random.nextInt(1, 10)));
          case 5 -> replica.leases.expire(clock.instant());
          case 6, 7 -> finish(replica, new Held(lease.id(), session));
          default -> report(replica, id, session, partial(lease, random));
        }
      }
    }
  }

  private void submitNext() {
    int next = sent.getAndIncrement();
    if (next < ACTIONS) {
      names.add(submit("action " + next));
      names.add(submit("action " + next));
    }
  }

  private static LeaseReport stopped(HeldLease lease) {
    return new LeaseReport(lease.id(), State.CANCELLED, Optional.empty());
  }

  private static LeaseReport partial(HeldLease lease, SplittableRandom random) {
    String worker = "worker " + random.nextInt();
    return new LeaseReport(
        lease.id(),
        State.ACTIVE,
        Optional.of(ExecutedActionMetadata.newBuilder().setWorker(worker).build()));
  }

  private static void report(Replica replica, String id, String session, LeaseReport report) {
    Standing unused = replica.sessions.report(session, session(id, 2), List.of(report));
  }

  private void finish(Replica replica, Held held) {
    Optional<Task> task = replica.leases.taskOf(held.lease(), held.session());
    boolean counts =
        replica.leases.finish(List.of(new LeaseStore.Outcome(held, OUTCOME))).getFirst();
    if (counts) {
      outcomes.merge(task.orElseThrow().id(), 1, Integer::sum);
      left.decrementAndGet();
    }
  }
}
