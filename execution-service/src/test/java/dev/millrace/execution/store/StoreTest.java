package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas on one database, in all the ways that they can get in each other's way. */
final class StoreTest {

  private static final Duration EXPIRY = Duration.ofSeconds(30);
  private static final FairShare SHARES =
      new FairShare(java.util.Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1));
  private static final Duration GRACE = Duration.ofMinutes(1);

  private final ManualClock clock = ManualClock.standing();
  private final DataSource dataSource = TestDatabase.create();
  private Stores here;
  private Stores there;

  /** What one replica has. */
  private record Stores(OperationStore operations, LeaseStore leases, SessionStore sessions) {}

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(dataSource).migrate();
    here = stores(dataSource);
    there = stores(dataSource);
  }

  private Stores stores(DataSource source) {
    Database database = new Database(source, 4);
    AttemptPolicy attempts = new AttemptPolicy(3);
    TimeoutPolicy timeouts =
        new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));
    return new Stores(
        new OperationStore(database, clock, UUID::randomUUID, GRACE),
        new LeaseStore(database, clock, UUID::randomUUID, attempts, timeouts, EXPIRY, SHARES),
        new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY));
  }

  private static Digest digest(int number) {
    return DigestFunction.SHA256.digestOf(
        new byte[] {(byte) number, (byte) (number >> 8), (byte) (number >> 16)});
  }

  private static Submission submission(int number, String... platform) {
    List<Property> properties = new ArrayList<>();
    for (String property : platform) {
      String[] parts = property.split("=", 2);
      properties.add(new Property(parts[0], parts[1]));
    }
    return new Submission(
        InstanceName.ROOT,
        digest(number),
        Action.getDefaultInstance(),
        new Requirements(properties),
        /* mergeable= */ true,
        /* doNotCache= */ false,
        0,
        Duration.ofHours(1),
        Origin.UNKNOWN);
  }

  private static BotSession bot(String id, int capacity) {
    return new BotSession(
        InstanceName.ROOT, id, new Offer(InstanceName.ROOT, Map.of()), capacity, true);
  }

  private OperationName submit(int number) {
    return here.operations().submit(submission(number), InliningWishes.NONE).name();
  }

  private static ExecuteResponse response() {
    return ExecuteResponse.newBuilder().setMessage("done").build();
  }

  /** Runs many at once, and gives back what they return. */
  private static <T> List<T> atOnce(int count, Callable<T> work)
      throws InterruptedException, ExecutionException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<T>> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(work);
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : threads.invokeAll(all)) {
        results.add(future.get());
      }
      return results;
    }
  }

  @Test
  void equalActionsThatComeAtOnceShareOneRun() throws Exception {
    AtomicInteger turn = new AtomicInteger();
    List<OperationName> names =
        atOnce(
            40,
            () ->
                (turn.getAndIncrement() % 2 == 0 ? here : there)
                    .operations()
                    .submit(submission(1), InliningWishes.NONE)
                    .name());

    assertThat(new HashSet<>(names)).hasSize(40);
    assertThat(names.stream().map(n -> here.operations().get(n).task().id()).distinct()).hasSize(1);
  }

  @Test
  void anActionThatIsOverIsNotJoined() {
    OperationName first = submit(1);
    String session = here.sessions().open(bot("bot", 1));
    here.leases().assignTo(List.of(session));
    HeldLease lease = here.sessions().leases(session).getFirst();
    here.leases().finish(lease.id(), session, response());

    assertThat(here.operations().join(InstanceName.ROOT, digest(1), 0, InliningWishes.NONE))
        .isEmpty();
    OperationName second = submit(1);
    assertThat(here.operations().get(second).task().id())
        .isNotEqualTo(here.operations().get(first).task().id());
  }

  @Test
  void joiningWithAMoreUrgentPriorityMakesTheRunUrgent() {
    submit(1);
    submit(2);
    Submission urgent =
        new Submission(
            InstanceName.ROOT,
            digest(2),
            Action.getDefaultInstance(),
            Requirements.NONE,
            true,
            false,
            -1,
            Duration.ofHours(1),
            Origin.UNKNOWN);
    OperationName second = here.operations().submit(urgent, InliningWishes.NONE).name();
    String session = here.sessions().open(bot("bot", 1));
    here.leases().assignTo(List.of(session));

    assertThat(here.operations().get(second).state()).isInstanceOf(Executing.class);
  }

  @Test
  void actionsAreGivenOutOnceHoweverManyAskAtOnce() throws Exception {
    int actions = 60;
    for (int i = 0; i < actions; i++) {
      submit(i);
    }
    List<String> sessions = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      sessions.add(here.sessions().open(bot("bot " + i, 5)));
    }
    AtomicInteger turn = new AtomicInteger();
    atOnce(
        40,
        () -> {
          int n = turn.getAndIncrement();
          Stores replica = n % 2 == 0 ? here : there;
          return replica
              .leases()
              .assignTo(List.of(sessions.get(n % 10), sessions.get((n * 7 + 3) % 10)));
        });

    Set<UUID> leases = new HashSet<>();
    for (String session : sessions) {
      List<HeldLease> held = here.sessions().leases(session);
      assertThat(held).hasSizeLessThanOrEqualTo(5);
      held.forEach(lease -> assertThat(leases.add(lease.id())).isTrue());
    }
    assertThat(leases).hasSize(50);
  }

  @Test
  void aQueueThatNobodyHereServesHoldsUpNoOther() {
    for (int i = 0; i < 20; i++) {
      here.operations().submit(submission(i, "gpu=a"), InliningWishes.NONE);
    }
    OperationName plain = submit(99);
    String session = here.sessions().open(bot("bot", 1));

    assertThat(here.leases().assignTo(List.of(session))).containsExactly(session);
    assertThat(here.operations().get(plain).state()).isInstanceOf(Executing.class);
  }

  @Test
  void aLeaseIsRenewedByReportsAndExpiresWithoutThem() {
    OperationName name = submit(1);
    String session = here.sessions().open(bot("bot", 1));
    here.leases().assignTo(List.of(session));
    HeldLease lease = here.sessions().leases(session).getFirst();
    clock.advance(EXPIRY.minusSeconds(1));
    there
        .sessions()
        .report(
            session,
            bot("bot", 1),
            List.of(new LeaseReport(lease.id(), State.ACTIVE, Optional.empty())));
    clock.advance(EXPIRY.minusSeconds(1));

    assertThat(here.leases().expire(clock.instant())).isZero();
    clock.advance(Duration.ofSeconds(1));
    assertThat(here.leases().expire(clock.instant())).isOne();
    assertThat(here.operations().get(name).state()).isEqualTo(new Queued(1));
    assertThat(here.sessions().leases(session)).isEmpty();
  }

  @Test
  void manySweepersAtOnceEndALeaseOnce() throws Exception {
    OperationName name = submit(1);
    String session = here.sessions().open(bot("bot", 1));
    here.leases().assignTo(List.of(session));
    clock.advance(EXPIRY.plusSeconds(1));
    AtomicInteger turn = new AtomicInteger();
    atOnce(
        20,
        () -> (turn.getAndIncrement() % 2 == 0 ? here : there).leases().expire(clock.instant()));

    assertThat(here.operations().get(name).state()).isEqualTo(new Queued(1));
  }

  @Test
  void theOutcomeOfALeaseThatExpiredIsNotTaken() {
    OperationName name = submit(1);
    String session = here.sessions().open(bot("bot", 1));
    here.leases().assignTo(List.of(session));
    HeldLease lost = here.sessions().leases(session).getFirst();
    clock.advance(EXPIRY.plusSeconds(1));
    here.leases().expire(clock.instant());
    here.leases().assignTo(List.of(session));

    assertThat(there.leases().taskOf(lost.id(), session)).isEmpty();
    here.leases().finish(lost.id(), session, response());
    assertThat(here.operations().get(name).state()).isInstanceOf(Executing.class);
    HeldLease current = here.sessions().leases(session).getFirst();
    here.leases().finish(current.id(), session, response());
    assertThat(here.operations().get(name).state()).isEqualTo(new Completed(2, response()));
  }

  @Test
  void aSessionsLeasesAreItsOwn() {
    submit(1);
    String session = here.sessions().open(bot("bot", 1));
    String other = here.sessions().open(bot("other", 1));
    here.leases().assignTo(List.of(session));
    HeldLease lease = here.sessions().leases(session).getFirst();

    assertThat(here.leases().taskOf(lease.id(), other)).isEmpty();
    here.leases().finish(lease.id(), other, response());
    here.leases().drop(lease.id(), session);
    assertThat(here.sessions().leases(session)).hasSize(1);
  }

  @Test
  void manySessionsOfOneBotAtOnceLeaveOne() throws Exception {
    List<String> names = atOnce(10, () -> here.sessions().open(bot("bot", 1)));
    long open =
        names.stream()
            .filter(name -> {
              try {
                here.sessions().leases(name);
                return true;
              } catch (Failure.NotFound gone) {
                return false;
              }
            })
            .count();

    assertThat(open).isOne();
    assertThat(here.sessions().known()).hasSize(1);
  }

  @Test
  void actionsWithoutAFollowerAreStoppedOnlyAfterTheGraceTime() {
    OperationName followed = submit(1);
    OperationName abandoned = submit(2);
    clock.advance(GRACE.minusSeconds(1));
    here.operations().follow(followed);
    clock.advance(Duration.ofSeconds(2));

    assertThat(there.operations().stopUnwatched(clock.instant())).isOne();
    assertThat(here.operations().get(followed).state()).isInstanceOf(Queued.class);
    assertThat(here.operations().get(abandoned).state()).isInstanceOf(Completed.class);
  }

  @Test
  void workersThatWereNotSeenForLongAreForgotten() {
    here.sessions().open(bot("bot", 1));
    assertThat(here.sessions().known()).singleElement().matches(worker -> worker.present());
    clock.advance(EXPIRY.plusSeconds(1));
    assertThat(here.sessions().known()).singleElement().matches(worker -> !worker.present());

    assertThat(here.sessions().forgetUnseenSince(clock.instant())).isOne();
    assertThat(here.sessions().known()).isEmpty();
  }

  @Test
  void rememberingAKnownResultDoesNotTouchAnEqualActionInFlight() {
    OperationName running = submit(1);
    OperationName known =
        here.operations()
            .remember(
                submission(1),
                Endings.known(build.bazel.remote.execution.v2.ActionResult.getDefaultInstance()),
                InliningWishes.NONE)
            .name();

    assertThat(here.operations().get(running).state()).isInstanceOf(Queued.class);
    assertThat(here.operations().get(known).state()).isInstanceOf(Completed.class);
  }

  @Test
  void aDatabaseThatIsAwayIsUnavailable() {
    DataSource broken =
        new org.springframework.jdbc.datasource.AbstractDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            throw new SQLException("connection refused", "08001");
          }

          @Override
          public Connection getConnection(String username, String password) throws SQLException {
            return getConnection();
          }
        };

    assertThatThrownBy(() -> stores(broken).operations().stopUnwatched(clock.instant()))
        .isInstanceOf(Failure.Unavailable.class);
  }

  @Test
  void everythingAtOnceLosesNothingAndCountsEveryAttempt() throws Exception {
    long seed = System.nanoTime();
    System.out.println("StoreTest seed " + seed);
    int actions = 80;
    List<OperationName> names = new ArrayList<>();
    for (int i = 0; i < actions; i++) {
      names.add(submit(i));
    }
    Map<UUID, Integer> finished = new ConcurrentHashMap<>();
    AtomicInteger bots = new AtomicInteger();
    atOnce(
        8,
        () -> {
          int number = bots.getAndIncrement();
          SplittableRandom random = new SplittableRandom(seed + number);
          Stores replica = number % 2 == 0 ? here : there;
          work(replica, "bot " + number, random, finished);
          return true;
        });

    for (OperationName name : names) {
      OperationSnapshot snapshot = here.operations().get(name);
      assertThat(snapshot.state()).as("seed " + seed).isInstanceOf(Completed.class);
      assertThat(snapshot.state().attempts()).isBetween(1, 3);
    }
    assertThat(finished.values()).as("finished once, seed " + seed).allMatch(n -> n == 1);
  }

  /** Takes work, finishes some, fails some, comes back as a new session at times. */
  private void work(
      Stores replica, String id, SplittableRandom random, Map<UUID, Integer> finished) {
    String session = replica.sessions().open(bot(id, 3));
    int idle = 0;
    while (idle < 3) {
      replica.leases().assignTo(List.of(session));
      List<HeldLease> held = replica.sessions().leases(session);
      idle = held.isEmpty() ? idle + 1 : 0;
      for (HeldLease lease : held) {
        switch (random.nextInt(10)) {
          case 0 ->
              replica
                  .leases()
                  .fail(lease.id(), session, com.google.rpc.Code.UNAVAILABLE, "by chance");
          case 1 -> session = replica.sessions().open(bot(id, 3));
          default -> {
            Optional<Task> task = replica.leases().taskOf(lease.id(), session);
            task.ifPresent(t -> finished.merge(t.id(), 1, Integer::sum));
            replica.leases().finish(lease.id(), session, response());
          }
        }
      }
    }
    for (HeldLease left : replica.sessions().leases(session)) {
      replica.leases().finish(left.id(), session, response());
    }
  }
}
