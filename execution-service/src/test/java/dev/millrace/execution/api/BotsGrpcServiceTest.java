package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Digest;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import build.bazel.remote.execution.v2.OutputFile;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.longrunning.CancelOperationRequest;
import com.google.protobuf.Empty;
import com.google.rpc.Code;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server as the stock worker finds it, and as our own does. */
final class BotsGrpcServiceTest {

  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final MemoryActionCache memory = new MemoryActionCache();
  private final AtomicReference<Optional<RuntimeException>> cacheFault =
      new AtomicReference<>(Optional.empty());
  private final DataSource database = TestDatabase.create();
  private final Client client = new Client(blobs);
  private Replica replica;

  @BeforeEach
  void start() {
    ExecutionSchema.migrations(database).migrate();
    replica = replica(Duration.ofSeconds(20));
  }

  private Replica replica(Duration idleHold) {
    return new Replica(database, blobs, new FaultyCache(), clock, idleHold);
  }

  /** A cache that a test can break. */
  private final class FaultyCache implements ActionCache {
    @Override
    public Optional<ActionResult> get(InstanceName instance, dev.millrace.digest.Digest action) {
      return memory.get(instance, action);
    }

    @Override
    public void put(
        InstanceName instance,
        dev.millrace.digest.Digest action,
        ActionResult result,
        Provenance provenance) {
      cacheFault
          .get()
          .ifPresent(fault -> {
            throw fault;
          });
      memory.put(instance, action, result, provenance);
    }
  }

  @AfterEach
  void stop() {
    replica.close();
    assertThat(replica.conformance.violations()).isEmpty();
  }

  @Test
  void everythingTheBotSaidIsEchoed() {
    StockBot bot = new StockBot(replica, "bot", 2, "OSFamily=linux");
    BotSession sent = bot.session();
    BotSession created = bot.open().session();

    assertThat(created.getName()).isNotEmpty();
    assertThat(created.getBotId()).isEqualTo("bot");
    assertThat(created.getWorker()).isEqualTo(sent.getWorker());
    assertThat(instant(created)).isEqualTo(clock.instant().plus(Replica.EXPIRY));
  }

  private static Instant instant(BotSession session) {
    return Instant.ofEpochSecond(session.getExpireTime().getSeconds());
  }

  @Test
  void anIdleBotsCallIsHeldUntilThereIsWork() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Future<BotSession> poll = bot.pollAsync();
    client.execute(replica, "a").until(Value.QUEUED);

    BotSession reply = poll.get(10, TimeUnit.SECONDS);

    assertThat(reply.getBotId()).isEqualTo("bot");
    assertThat(reply.getWorker().getDevicesCount()).isOne();
    assertThat(reply.getLeasesList()).hasSize(1);
    Lease lease = reply.getLeases(0);
    assertThat(lease.getState()).isEqualTo(LeaseState.PENDING);
    assertThat(lease.getPayload().is(Action.class)).isTrue();
    assertThat(lease.getRequirements().getProperties(0).getKey()).isEqualTo("digest-function");
    assertThat(lease.getRequirements().getProperties(0).getValue()).isEqualTo("SHA256");
  }

  @Test
  void aBotOnAnotherReplicaIsWokenAsWell() throws Exception {
    try (Replica other = replica(Duration.ofSeconds(20))) {
      Future<BotSession> poll = new StockBot(other, "bot", 1).open().pollAsync();
      client.execute(replica, "a").until(Value.QUEUED);

      assertThat(poll.get(10, TimeUnit.SECONDS).getLeasesCount()).isOne();
    }
  }

  @Test
  void anIdleBotHearsNothingWhenTheTimeIsUp() {
    try (Replica impatient = replica(Duration.ofMillis(50))) {
      StockBot bot = new StockBot(impatient, "bot", 1).open();
      assertThat(bot.poll().getLeasesCount()).isZero();
    }
  }

  @Test
  void aCompletedLeaseIsLeftOutAndTheNextOneIsInTheSameReply() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    client.execute(replica, "a").until(Value.QUEUED);
    Lease first = bot.take();
    bot.poll();
    client.execute(replica, "b").until(Value.QUEUED);
    bot.complete(first, StockBot.GOOD);

    BotSession reply = bot.poll();

    assertThat(reply.getLeasesList())
        .singleElement()
        .satisfies(lease -> {
          assertThat(lease.getId()).isNotEqualTo(first.getId());
          assertThat(lease.getState()).isEqualTo(LeaseState.PENDING);
        });
  }

  @Test
  void aBotIsNeverGivenMoreThanItsCapacity() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    for (String name : List.of("a", "b", "c")) {
      client.execute(replica, name).until(Value.QUEUED);
    }
    bot.take();
    bot.take();
    BotSession full = bot.poll();

    assertThat(full.getLeasesList()).hasSize(2).allMatch(l -> l.getState() == LeaseState.ACTIVE);
    assertThat(instant(full)).isEqualTo(clock.instant().plusSeconds(5));
  }

  @Test
  void aPollThatBreaksOffLosesNothing() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    ListenableFuture<BotSession> poll = bot.cancellablePoll();
    client.execute(replica, "a").until(Value.QUEUED);
    poll.cancel(true);

    Lease lease = bot.take();
    bot.complete(lease, StockBot.GOOD);
    ListenableFuture<BotSession> another = bot.cancellablePoll();
    another.cancel(true);

    assertThat(bot.poll().getLeasesList()).isEmpty();
  }

  @Test
  void aCompletedLeaseReportedTwiceCountsOnce() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    Lease lease = bot.take();
    bot.complete(lease, ActionResult.newBuilder().setExitCode(1).build());
    BotSession before = bot.session();
    bot.poll();
    ExecuteResponse response = following.response();
    BotSession again =
        replica
            .bots()
            .updateBotSession(
                com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest.newBuilder()
                    .setName(before.getName())
                    .setBotSession(before)
                    .build());

    assertThat(response.getResult().getExitCode()).isOne();
    assertThat(again.getLeasesList()).isEmpty();
  }

  @Test
  void aNewSessionOfTheSameBotEndsTheOldOne() throws Exception {
    StockBot old = new StockBot(replica, "bot", 1).open();
    client.execute(replica, "a").until(Value.QUEUED);
    old.take();
    old.poll();
    StockBot again = new StockBot(replica, "bot", 1).open();

    Lease lease = again.take();

    assertThat(lease).isNotNull();
    assertThatThrownBy(old::poll)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
  }

  @Test
  void aHeldPollOfAReplacedSessionEnds() throws Exception {
    StockBot old = new StockBot(replica, "bot", 1).open();
    Future<BotSession> held = old.pollAsync();
    new StockBot(replica, "bot", 1).open();

    assertThatThrownBy(() -> held.get(15, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("NOT_FOUND");
  }

  @Test
  void anUnknownSessionIsNotFound() {
    StockBot bot = new StockBot(replica, "bot", 1);

    assertThatThrownBy(bot::poll)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
  }

  @Test
  void aBotThatWasAwayGoesOnWithItsSessionButLosesItsLeases() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    StockBot other = new StockBot(replica, "other", 1).open();
    client.execute(replica, "a").until(Value.QUEUED);
    Lease lease = bot.take();
    bot.poll();
    clock.advance(Replica.EXPIRY.plusSeconds(1));
    replica.sweeper.sweep();
    Lease retried = other.take();

    BotSession reply = bot.poll();

    assertThat(retried.getId()).isNotEqualTo(lease.getId());
    assertThat(reply.getLeases(0).getState()).isEqualTo(LeaseState.CANCELLED);
    bot.replace(reply.getLeases(0));
    bot.fail(reply.getLeases(0), Code.CANCELLED, "stopped");
    assertThat(bot.poll().getLeasesCount()).isZero();
  }

  @Test
  void aPoisonActionIsStoppedAfterThreeLostWorkers() throws Exception {
    Following following = client.execute(replica, "poison");
    following.until(Value.QUEUED);
    for (int attempt = 1; attempt <= 3; attempt++) {
      StockBot bot = new StockBot(replica, "bot" + attempt, 1).open();
      bot.take();
      bot.poll();
      clock.advance(Replica.EXPIRY.plusSeconds(1));
      replica.operations.follow(
          dev.millrace.execution.operation.OperationName.parse(following.name()));
      replica.sweeper.sweep();
    }
    ExecuteResponse response = following.response();

    assertThat(response.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(response.getMessage()).contains("3 attempt").contains("worker was lost");
  }

  @Test
  void aWorkerThatDoesNotEnforceTheTimeoutIsStoppedByTheServer() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    bot.take();
    Duration limit = Replica.TIMEOUTS.holdLimit(Duration.ofHours(1));
    for (Duration t = Duration.ZERO; t.compareTo(limit) < 0; t = t.plus(Duration.ofMinutes(25))) {
      clock.advance(Duration.ofMinutes(25));
      bot.poll();
      replica.operations.follow(dev.millrace.execution.operation.OperationName.parse(name));
    }
    replica.sweeper.sweep();

    assertThat(following.response().getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED_VALUE);
    assertThat(bot.poll().getLeases(0).getState()).isEqualTo(LeaseState.CANCELLED);
  }

  @Test
  void aCancelledLeaseReachesTheBotAtOnceAndIsDroppedOnceItAgrees() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    Lease lease = bot.take();
    Future<BotSession> held = bot.pollAsync();
    Empty unused =
        replica
            .operationsStub()
            .cancelOperation(CancelOperationRequest.newBuilder().setName(name).build());

    BotSession reply = held.get(10, TimeUnit.SECONDS);
    assertThat(reply.getLeases(0).getId()).isEqualTo(lease.getId());
    assertThat(reply.getLeases(0).getState()).isEqualTo(LeaseState.CANCELLED);
    assertThat(bot.poll().getLeasesList()).isEmpty();
    assertThat(following.response().getStatus().getCode()).isEqualTo(Code.CANCELLED_VALUE);
  }

  @Test
  void botsThatAreNotReadyAreGivenNothing() throws Exception {
    client.execute(replica, "a").until(Value.QUEUED);
    for (BotStatus status : List.of(BotStatus.UNHEALTHY, BotStatus.INITIALIZING)) {
      StockBot bot = new StockBot(replica, "bot " + status, 1).open();
      bot.say(status);
      assertThat(bot.poll().getLeasesList()).isEmpty();
      bot.say(BotStatus.OK);
    }
    assertThat(new StockBot(replica, "bot", 1).open().take()).isNotNull();
  }

  @Test
  void aBotThatLeavesFinishesWhatItBeganAndGivesBackTheRestUncounted() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    Following begun = client.execute(replica, "begun");
    Lease lease = bot.take();
    Following pending = client.execute(replica, "pending");
    pending.until(Value.QUEUED);
    while (bot.session().getLeasesCount() < 2) {
      bot.poll();
    }

    bot.say(BotStatus.BOT_TERMINATING);
    BotSession reply = bot.poll();
    assertThat(reply.getLeasesList())
        .singleElement()
        .satisfies(l -> assertThat(l.getId()).isEqualTo(lease.getId()));
    String pendingName = pending.name();
    assertThat(
            replica
                .operations
                .get(dev.millrace.execution.operation.OperationName.parse(pendingName))
                .state()
                .attempts())
        .isZero();

    bot.complete(lease, StockBot.GOOD);
    assertThat(bot.poll().getLeasesList()).isEmpty();
    assertThat(begun.response().getStatus().getCode()).isZero();
    assertThatThrownBy(bot::poll).isInstanceOf(StatusRuntimeException.class);
    assertThat(new StockBot(replica, "other", 1).open().take()).isNotNull();
  }

  @Test
  void aBotThatFailedIsAvoidedWhileThereAreOthers() throws Exception {
    StockBot broken = new StockBot(replica, "broken", 1).open();
    client.execute(replica, "a").until(Value.QUEUED);
    Lease lease = broken.take();
    StockBot sound = new StockBot(replica, "sound", 1).open();
    Future<BotSession> waiting = sound.pollAsync();
    broken.fail(lease, Code.UNAVAILABLE, "broken");
    Future<BotSession> report = broken.pollAsync();

    assertThat(waiting.get(10, TimeUnit.SECONDS).getLeasesCount()).isOne();
    assertThat(report.get(10, TimeUnit.SECONDS).getLeasesCount()).isZero();
  }

  @Test
  void anUnavailableCacheIsAPassingFaultThatTheBotReportsAgain() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    bot.complete(bot.take(), StockBot.GOOD);
    cacheFault.set(Optional.of(new Failure.Unavailable("no cache", null)));
    assertThatThrownBy(bot::poll)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    cacheFault.set(Optional.of(new IllegalStateException("a bug")));
    assertThatThrownBy(bot::poll)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    cacheFault.set(Optional.empty());
    bot.poll();

    assertThat(following.response().getStatus().getCode()).isZero();
  }

  @Test
  void aResultWhoseOutputsAreNotThereIsTriedAgain() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    cacheFault.set(
        Optional.of(
            new Failure.BlobsMissing(
                "outputs",
                List.of(dev.millrace.digest.DigestFunction.SHA256.digestOf(new byte[] {9})))));
    bot.complete(bot.take(), StockBot.GOOD);
    bot.poll();
    cacheFault.set(Optional.empty());
    bot.complete(bot.take(), StockBot.GOOD);
    bot.poll();

    assertThat(following.response().getStatus().getCode()).isZero();
    assertThat(bot.session().getLeasesList()).isEmpty();
  }

  @Test
  void aResultWithMalformedDigestsIsTheWorkersFault() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    ActionResult malformed =
        ActionResult.newBuilder()
            .setExitCode(1)
            .addOutputFiles(
                OutputFile.newBuilder().setDigest(Digest.newBuilder().setHash("nonsense")))
            .build();
    for (int attempt = 1; attempt <= 3; attempt++) {
      bot.complete(bot.take(), malformed);
    }
    bot.pollAsync();

    assertThat(following.response().getStatus().getCode()).isEqualTo(Code.INTERNAL_VALUE);
  }

  @Test
  void aProgramThatIsNotThereIsAResult() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    bot.complete(
        bot.take(),
        ActionResult.newBuilder().setExitCode(127).build(),
        com.google.rpc.Status.newBuilder().setCode(Code.NOT_FOUND_VALUE).build());
    bot.pollAsync();
    ExecuteResponse response = following.response();

    assertThat(response.getStatus().getCode()).isZero();
    assertThat(response.getResult().getExitCode()).isEqualTo(127);
  }

  @Test
  void aBotServesItsOwnInstance() throws Exception {
    new StockBot(replica, "team", "bot", 1).open();
    Following elsewhere = client.execute(replica, "a");

    assertThat(Client.metadata(elsewhere.until(Value.QUEUED)).getPartialExecutionMetadata())
        .satisfies(m -> assertThat(m.getAuxiliaryMetadataCount()).isOne());
  }

  @Test
  void malformedSessionsAreRefused() {
    for (StockBot bot :
        List.of(
            new StockBot(replica, "", 1),
            new StockBot(replica, "bot", -1),
            new StockBot(replica, "a/blobs", "bot", 1),
            new StockBot(replica, "bot", 1, "=x"))) {
      assertThatThrownBy(bot::open)
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }
  }
}
