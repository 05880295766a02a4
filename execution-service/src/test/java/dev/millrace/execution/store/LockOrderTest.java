package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Replicas that do everything to the same few actions and bots at once: none waits for another that
 * waits for it. PostgreSQL counts where that happened.
 */
final class LockOrderTest {

  private static final int ACTIONS = 40;
  private static final int BOTS = 6;
  private static final int ROUNDS = 60;

  private final ManualClock clock = ManualClock.standing();
  private final long seed = System.nanoTime();
  private final HikariDataSource pool = new HikariDataSource();
  private final List<Stores> replicas = new ArrayList<>();
  private final ConcurrentLinkedQueue<OperationName> operations = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void migrate() {
    System.out.println("LockOrderTest seed " + seed);
    pool.setJdbcUrl(TestDatabase.createUrl());
    pool.setMaximumPoolSize(24);
    ExecutionSchema.migrations(pool).migrate();
    for (int i = 0; i < 3; i++) {
      replicas.add(new Stores(pool, clock));
    }
  }

  @AfterEach
  void end() {
    pool.close();
  }

  private void run(List<Runnable> all) throws Exception {
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      all.forEach(one -> running.add(threads.submit(one)));
    }
    for (Future<?> one : running) {
      one.get();
    }
  }

  private long deadlocks() {
    pool.getHikariPoolMXBean().softEvictConnections();
    return replicas
        .getFirst()
        .database
        .<Long>transaction(sql -> {
          String unused =
              sql.sql("select pg_stat_force_next_flush()::text").query(String.class).single();
          return sql.sql(
                  "select deadlocks from pg_stat_database where datname = current_database()")
              .query(Long.class)
              .single();
        });
  }

  @Test
  void nobodyWaitsForWhoWaitsForThem() throws Exception {
    List<Runnable> all = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      SplittableRandom random = new SplittableRandom(seed + i);
      all.add(() -> submitAndJoin(random));
    }
    for (int i = 0; i < BOTS; i++) {
      SplittableRandom random = new SplittableRandom(seed + 1000 + i);
      String id = "bot " + i;
      all.add(() -> work(id, random));
    }
    all.add(() -> sweep(new SplittableRandom(seed + 2000)));
    all.add(() -> sweep(new SplittableRandom(seed + 2001)));
    run(all);

    assertThat(deadlocks()).as("deadlocks, seed " + seed).isZero();
  }

  private Stores any(SplittableRandom random) {
    return replicas.get(random.nextInt(replicas.size()));
  }

  private void submitAndJoin(SplittableRandom random) {
    for (int i = 0; i < ROUNDS; i++) {
      Submission action =
          Stores.submission(
              "action " + random.nextInt(ACTIONS),
              random.nextInt(3),
              dev.millrace.execution.scheduling.Requirements.NONE);
      OperationName name =
          any(random)
              .operations
              .join(InstanceName.ROOT, action.digest(), action.priority(), InliningWishes.NONE)
              .orElseGet(() -> any(random).operations.submit(action, InliningWishes.NONE))
              .name();
      operations.add(name);
      OperationSnapshot unused = any(random).operations.follow(name);
      if (random.nextInt(4) == 0) {
        any(random).operations.cancel(name);
      }
    }
  }

  /** A bot whose calls overlap, on several replicas: it broke one off and made another. */
  private void work(String id, SplittableRandom random) {
    String session = any(random).sessions.open(Stores.bot(id, 10));
    for (int i = 0; i < ROUNDS; i++) {
      try {
        Object given = any(random).leases.assignTo(List.of(session));
        List<HeldLease> held = any(random).sessions.leases(session);
        report(session, id, held, random);
        finish(session, held, random);
        if (random.nextInt(20) == 0) {
          session = any(random).sessions.open(Stores.bot(id, 10));
        }
      } catch (Failure.NotFound replaced) {
        session = any(random).sessions.open(Stores.bot(id, 10));
      }
    }
  }

  private void report(String session, String id, List<HeldLease> held, SplittableRandom random) {
    List<Runnable> calls = new ArrayList<>();
    for (int call = 0; call < 3; call++) {
      List<LeaseReport> reports = new ArrayList<>();
      for (HeldLease lease : held) {
        State state = random.nextInt(10) == 0 ? State.CANCELLED : State.ACTIVE;
        ExecutedActionMetadata partial =
            ExecutedActionMetadata.newBuilder().setWorker("worker " + random.nextInt()).build();
        reports.add(
            random.nextInt(reports.size() + 1),
            new LeaseReport(lease.id(), state, Optional.of(partial)));
      }
      int capacity = random.nextInt(5, 10);
      Stores replica = any(random);
      calls.add(() -> {
        Object unused = replica.sessions.report(session, Stores.bot(id, capacity), reports);
      });
    }
    atOnce(calls);
  }

  private void finish(String session, List<HeldLease> held, SplittableRandom random) {
    List<Runnable> calls = new ArrayList<>();
    for (HeldLease lease : held) {
      Stores replica = any(random);
      calls.add(
          () -> replica.leases.finish(lease.id(), session, ExecuteResponse.getDefaultInstance()));
    }
    atOnce(calls);
  }

  private void atOnce(List<Runnable> calls) {
    try {
      run(calls);
    } catch (java.util.concurrent.ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(Failure.NotFound.class);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void sweep(SplittableRandom random) {
    for (int i = 0; i < ROUNDS / 2; i++) {
      Stores replica = any(random);
      // Of all that they could end, some.
      int expired =
          replica.leases.expire(clock.instant().plus(Stores.EXPIRY.multipliedBy(i % 8 / 7)));
      int unwatched =
          replica.operations.stopUnwatched(
              clock.instant().plus(Stores.GRACE.multipliedBy(i % 5 / 4)));
      int forgotten =
          replica.operations.forgetCompletedBefore(clock.instant().plus(Duration.ofNanos(1)));
    }
  }
}
