package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What callers who are served together owe each other, and what those before them left. */
final class BatchesTest {

  private final DataSource database = TestDatabase.create();
  private final ManualClock clock = ManualClock.standing();
  private final Stores here = new Stores(database, clock);
  private final Stores there = new Stores(database, clock);

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(database).migrate();
  }

  @Test
  void oneWhoseTextCannotBeStoredSpoilsNoOthers() throws Exception {
    Submission good = Stores.submission("good");
    Submission bad =
        new Submission(
            InstanceName.ROOT,
            Stores.submission("bad").digest(),
            Action.getDefaultInstance(),
            Requirements.NONE,
            true,
            false,
            0,
            Duration.ofHours(1),
            new Origin("tool", "invocation", "a\0b", "mnemonic"));
    List<Future<OperationName>> entered = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 60; i++) {
        Submission one = i % 20 == 0 ? bad : good;
        entered.add(threads.submit(() -> here.operations.submit(one, InliningWishes.NONE).name()));
      }
    }
    for (int i = 0; i < entered.size(); i++) {
      Future<OperationName> one = entered.get(i);
      if (i % 20 == 0) {
        assertThatThrownBy(one::get).hasCauseInstanceOf(Failure.InvalidRequest.class);
      } else {
        assertThat(here.operations.get(one.get()).state()).isInstanceOf(Queued.class);
      }
    }
  }

  @Test
  void ofTwoReportsOfOneSessionTheLaterOneHolds() {
    String session = here.sessions.open(Stores.bot("bot", 3));
    for (int i = 0; i < 5; i++) {
      OperationName unused = here.submit("action " + i);
    }
    here.database.run(sql ->
        ReportRows.renewSessions(
            sql,
            List.of(
                new BotReport(session, Stores.bot("bot", 5), List.of()),
                new BotReport(session, Stores.bot("bot", 3), List.of())),
            SessionLook.at(sql, List.of(session)),
            clock.instant(),
            Stores.EXPIRY));
    Object unused = here.leases.assignTo(List.of(session));

    assertThat(here.sessions.leases(session)).hasSize(3);
  }

  @Test
  void ofTwoReportsOfOneLeaseOneThatItBeganIsEnough() {
    OperationName unused = here.submit("action");
    String session = here.busy("bot", 1);
    UUID lease = here.sessions.leases(session).getFirst().id();
    LeaseReport begun = new LeaseReport(lease, State.ACTIVE, Optional.empty());
    LeaseReport not = new LeaseReport(lease, State.PENDING, Optional.empty());
    here.database.run(sql ->
        ReportRows.renewLeases(
            sql,
            List.of(
                new BotReport(session, Stores.bot("bot", 1), List.of(not)),
                new BotReport(session, Stores.bot("bot", 1), List.of(begun)),
                new BotReport(session, Stores.bot("bot", 1), List.of(not))),
            clock.instant()));

    assertThat(here.sessions.leases(session))
        .singleElement()
        .matches(held -> held.state() == State.ACTIVE);
  }

  @Test
  void whoJoinsMakesWhatWaitsAsUrgentAsTheyAre() {
    OperationName first = here.submit("first");
    OperationName second = here.submit("second");
    Optional<Entered> joined =
        there.operations.join(
            InstanceName.ROOT, Stores.submission("second").digest(), -5, InliningWishes.NONE);
    Optional<Entered> calm =
        there.operations.join(
            InstanceName.ROOT, Stores.submission("second").digest(), 5, InliningWishes.NONE);
    String unused = here.busy("bot", 1);

    assertThat(joined).isPresent();
    assertThat(calm).isPresent();
    assertThat(here.operations.get(first).state()).isInstanceOf(Queued.class);
    assertThat(here.operations.get(second).state()).isInstanceOf(Executing.class);
  }

  @Test
  void whoLeavesASharedActionHasItGivenOutNoneTheLess() {
    OperationName kept = here.submit("action");
    OperationName given = here.submit("action");
    try (Heard heard = new Heard(Changes.QUEUE)) {
      here.operations.cancel(given);
      heard.await();
      assertThat(here.operations.get(kept).state()).isInstanceOf(Queued.class);
    }
  }

  @Test
  void whoFollowsWhatIsStoppedHearsOfIt() {
    OperationName name = here.submit("action");
    UUID task = here.operations.get(name).task().id();
    try (Heard heard = new Heard(Changes.task(task))) {
      clock.advance(Stores.GRACE);
      assertThat(here.operations.stopUnwatched(clock.instant())).isOne();
      heard.await();
      assertThat(here.operations.get(name).state()).isInstanceOf(Completed.class);
    }
  }

  /** What is announced under a topic from now on. */
  private final class Heard implements AutoCloseable {
    private final Changes changes = new Changes();
    private final Changes.Subscription subscription;
    private final ChangeListener listener;

    Heard(String topic) {
      subscription = changes.subscribe(topic);
      try (Changes.Subscription ready = changes.subscribe("ready")) {
        listener = new ChangeListener(there.database, changes, Duration.ofDays(1)).start();
        // Once it listens everybody is woken, which is over when it hears the first thing.
        assertThat(ready.await(Duration.ofSeconds(60))).isTrue();
        there.database.run(sql -> Database.announce(sql, "ready"));
        assertThat(ready.await(Duration.ofSeconds(60))).isTrue();
      }
      boolean unused = subscription.await(Duration.ZERO);
    }

    void await() {
      assertThat(subscription.await(Duration.ofSeconds(60))).isTrue();
    }

    @Override
    public void close() {
      changes.close();
      listener.close();
    }
  }
}
