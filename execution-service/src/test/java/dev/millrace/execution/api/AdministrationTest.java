package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.longrunning.Operation;
import com.google.rpc.Code;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.execution.admin.Drain;
import dev.millrace.execution.admin.LiveAction;
import dev.millrace.execution.admin.PoolLoad;
import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.admin.WorkerStatus;
import dev.millrace.execution.admin.WorkerStatus.Presence;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Database;
import dev.millrace.execution.store.Drains;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.execution.store.IdleWait;
import dev.millrace.execution.store.LiveActions;
import dev.millrace.execution.store.PoolLoads;
import dev.millrace.execution.store.Workforce;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What operators order on one replica, as workers and clients of another find it. */
final class AdministrationTest {

  private static final Duration SHORT = Duration.ofMillis(5);

  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final DataSource dataSource = TestDatabase.create();
  private final Client client = new Client(blobs);
  private final Database database = new Database(dataSource, 2);
  private final Drains drains = new Drains(database, clock);
  private final Workforce workforce = new Workforce(database, clock);
  private final LiveActions actions = new LiveActions(database, clock);
  private final Changes changes = new Changes();
  private final IdleWait idle = new IdleWait(workforce, changes, SHORT);
  private Replica replica;

  @BeforeEach
  void start() {
    ExecutionSchema.migrations(dataSource).migrate();
    replica = new Replica(dataSource, blobs, new MemoryActionCache(), clock, Duration.ofMillis(50));
  }

  @AfterEach
  void stop() {
    replica.close();
    assertThat(replica.conformance.violations()).isEmpty();
  }

  private static WorkerPattern bot(String pattern) {
    return WorkerPattern.of(null, pattern, null);
  }

  private void drain(WorkerPattern pattern) {
    drains.begin(pattern, "alice", "kernel update", Optional.empty());
  }

  private WorkerStatus worker(String bot) {
    List<WorkerStatus> found = workforce.list(bot(bot));
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  @Test
  void aDrainedWorkerFinishesWhatItHasAndIsGivenNothingNew() throws Exception {
    StockBot bot = new StockBot(replica, "bot-1", 2).open();
    Following begun = client.execute(replica, "begun");
    Lease lease = bot.take();
    drain(bot("bot-*"));
    Following next = client.execute(replica, "next");
    next.until(Value.QUEUED);

    assertThat(bot.poll().getLeasesList()).containsExactly(lease);
    bot.complete(lease, StockBot.GOOD);
    assertThat(bot.poll().getLeasesList()).isEmpty();

    assertThat(begun.response().getStatus().getCode()).isZero();
    assertThat(new StockBot(replica, "other", 1).open().take()).isNotNull();
  }

  @Test
  void aNewSessionOfABotThatMatchesADrainIsDrainedToo() throws Exception {
    drain(bot("bot-*"));
    client.execute(replica, "a").until(Value.QUEUED);

    assertThat(new StockBot(replica, "bot-1", 1).open().poll().getLeasesList()).isEmpty();
    assertThat(new StockBot(replica, "bot-1", 1).open().poll().getLeasesList()).isEmpty();
    assertThat(worker("bot-1").drained()).isTrue();
    assertThat(new StockBot(replica, "other", 1).open().take()).isNotNull();
  }

  @Test
  void instancesAndPropertiesChooseAsWell() {
    new StockBot(replica, "team/a", "one", 1, "rack=7", "pool=gpu").open();
    new StockBot(replica, "team/b", "two", 1, "rack=8").open();
    new StockBot(replica, "", "three", 1, "rack=7").open();
    drain(new WorkerPattern("team/*", "*", "rack=7"));
    assertThat(drained()).containsExactly("one");
    drain(WorkerPattern.of(null, null, "pool=default"));
    assertThat(drained()).containsExactly("three", "one", "two");
    assertThat(drains.end(new WorkerPattern("team/*", "*", "rack=7"))).isTrue();
    assertThat(drained()).containsExactly("three", "two");
    assertThat(drains.end(new WorkerPattern("team/*", "*", "rack=7"))).isFalse();
  }

  private List<String> drained() {
    return workforce.list(WorkerPattern.ALL).stream()
        .filter(WorkerStatus::drained)
        .map(WorkerStatus::bot)
        .toList();
  }

  @Test
  void aResumedWorkerIsGivenWorkAtOnceWhileItsCallIsHeld() throws Exception {
    try (Replica patient =
        new Replica(dataSource, blobs, new MemoryActionCache(), clock, Duration.ofSeconds(20))) {
      StockBot bot = new StockBot(patient, "bot", 1).open();
      drain(bot("bot"));
      client.execute(replica, "a").until(Value.QUEUED);
      Future<BotSession> held = bot.pollAsync();
      assertThat(drains.end(bot("bot"))).isTrue();

      assertThat(held.get(15, TimeUnit.SECONDS).getLeasesCount()).isOne();
    }
  }

  @Test
  void aDrainWithATimeEndsByItself() {
    new StockBot(replica, "bot", 1).open();
    drains.begin(bot("bot"), "alice", "short", Optional.of(Duration.ofSeconds(20)));
    drains.endExpired();
    assertThat(drained()).containsExactly("bot");
    assertThat(drains.all())
        .singleElement()
        .satisfies(drain -> assertThat(drain.until()).contains(clock.instant().plusSeconds(20)));
    clock.advance(Duration.ofSeconds(20));
    drains.endExpired();

    assertThat(drained()).isEmpty();
    assertThat(drains.all()).isEmpty();
  }

  @Test
  void anActionThatOnlyDrainedWorkersCouldRunTellsWhyItWaits() throws Exception {
    new StockBot(replica, "bot", 1).open();
    drain(bot("bot"));
    Operation queued = client.execute(replica, "a").until(Value.QUEUED);

    assertThat(Client.metadata(queued).getPartialExecutionMetadata().getAuxiliaryMetadataCount())
        .isOne();
  }

  @Test
  void ordersOfOnePatternReplaceEachOther() {
    drain(bot("bot"));
    drains.begin(bot("bot"), "bob", "longer", Optional.of(Duration.ofHours(1)));

    assertThat(drains.all()).extracting(Drain::by).containsExactly("bob");
  }

  @Test
  void aWorkerThatSaysNewThingsOfItselfIsLookedAtAgain() {
    StockBot bot = new StockBot(replica, "bot", 1, "rack=7").open();
    drain(WorkerPattern.of(null, null, "rack=8"));
    bot.offer("rack=8");
    bot.poll();
    drains.review();

    assertThat(drained()).containsExactly("bot");
  }

  @Test
  void whoWaitsForWorkersToBeIdleIsToldWhenTheyAre() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    client.execute(replica, "a").until(Value.QUEUED);
    Lease lease = bot.take();
    drain(bot("bot"));
    assertThat(idle.await(bot("bot"), SHORT)).isFalse();
    assertThat(idle.await(bot("other"), SHORT)).isTrue();
    Future<Boolean> waiting =
        StockBot.inBackground(() -> idle.await(bot("bot"), Duration.ofSeconds(30)));
    bot.complete(lease, StockBot.GOOD);
    bot.poll();

    assertThat(waiting.get(15, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whoWaitsForWorkersToBeIdleIsLetGoWhenTheProcessEnds() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    client.execute(replica, "a").until(Value.QUEUED);
    bot.take();
    Future<Boolean> waiting =
        StockBot.inBackground(() -> idle.await(bot("bot"), Duration.ofSeconds(30)));
    changes.close();

    assertThat(waiting.get(15, TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void theListTellsWhoIsThereAndWhatTheyDo() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2, "OSFamily=linux").open();
    StockBot ill = new StockBot(replica, "ill", 1).open();
    ill.say(BotStatus.UNHEALTHY);
    ill.poll();
    String operation = client.execute(replica, "a").name();
    Lease lease = bot.take();
    bot.poll();

    WorkerStatus status = worker("bot");
    assertThat(status.presence()).isEqualTo(Presence.READY);
    assertThat(status.drained()).isFalse();
    assertThat(status.capacity()).isEqualTo(2);
    assertThat(status.session()).isEqualTo(bot.session().getName());
    assertThat(status.offer().properties()).containsKey("OSFamily");
    assertThat(status.work())
        .singleElement()
        .satisfies(work -> {
          assertThat(work.operations()).containsExactly(operation);
          assertThat(work.state()).isEqualTo("ACTIVE");
          assertThat(work.since()).isEqualTo(clock.instant());
        });
    assertThat(worker("ill").presence()).isEqualTo(Presence.NOT_READY);
    clock.advance(Replica.EXPIRY.plusSeconds(1));
    assertThat(worker("ill").presence()).isEqualTo(Presence.AWAY);
    assertThat(lease.getState()).isEqualTo(LeaseState.ACTIVE);
  }

  @Test
  void aKilledActionIsOverForAllWhoWaitForItWithWhoAndWhy() throws Exception {
    try (Replica other =
        new Replica(dataSource, blobs, new MemoryActionCache(), clock, Duration.ofMillis(50))) {
      StockBot bot = new StockBot(replica, "bot", 1).open();
      Following first = client.execute(replica, "a");
      String name = first.name();
      Following second = client.execute(other, "a");
      second.until(Value.QUEUED);
      Lease lease = bot.take();
      bot.poll();

      LiveAction live = actions.list("", 10).getFirst();
      assertThat(live.operations()).hasSize(2).contains(name);
      assertThat(live.workers()).containsExactly("bot");
      UUID id = OperationName.parse(name).id();
      assertThat(actions.kill(id, "alice", "fills the disk")).isEqualTo(LiveActions.Kill.DONE);
      assertThat(actions.kill(id, "bob", "same")).isEqualTo(LiveActions.Kill.TOO_LATE);
      assertThat(actions.kill(new UUID(1, 2), "bob", "x")).isEqualTo(LiveActions.Kill.UNKNOWN);

      for (Following waiting : List.of(first, second)) {
        ExecuteResponse response = waiting.response();
        assertThat(response.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
        assertThat(response.getMessage()).isEqualTo("killed by alice: fills the disk");
      }
      assertThat(bot.poll().getLeases(0))
          .satisfies(told -> {
            assertThat(told.getId()).isEqualTo(lease.getId());
            assertThat(told.getState()).isEqualTo(LeaseState.CANCELLED);
          });
      assertThat(actions.list("", 10)).isEmpty();
    }
  }

  @Test
  void aKilledActionThatIsQueuedIsGivenToNobody() throws Exception {
    Following following = client.execute(replica, "a");
    OperationName name = OperationName.parse(following.name());
    actions.kill(name.id(), "alice", "not today");

    assertThat(following.response().getMessage()).contains("alice").contains("not today");
    assertThat(new StockBot(replica, "bot", 1).open().poll().getLeasesList()).isEmpty();
  }

  @Test
  void loadsAreCountedByPool() throws Exception {
    PoolLoads loads = new PoolLoads(database, clock);
    StockBot bot = new StockBot(replica, "one", 2).open();
    new StockBot(replica, "two", 4).open();
    new StockBot(replica, "three", 6, "pool=gpu", "pool=").open();
    new StockBot(replica, "away", 8, "pool=old").open();
    clock.advance(Replica.EXPIRY.plusSeconds(1));
    for (StockBot there : List.of(bot, new StockBot(replica, "two", 4).open())) {
      there.poll();
    }
    new StockBot(replica, "three", 6, "pool=gpu", "pool=").open();
    client.execute(replica, "a").until(Value.QUEUED);
    bot.take();
    bot.poll();
    drain(bot("*"));
    client.execute(replica, client.request(client.action("b"))).until(Value.QUEUED);
    client.execute(replica, client.request(client.action("c", "pool="))).until(Value.QUEUED);
    client.execute(replica, client.request(client.action("d", "pool=gpu"))).until(Value.QUEUED);

    assertThat(loads.now())
        .containsExactly(
            new PoolLoad("default", 2, 1, 1, 3, 4.0),
            new PoolLoad("gpu", 1, 0, 0, 1, 6.0),
            new PoolLoad("old", 0, 0, 0, 0, 8.0));
  }
}
