package dev.millrace.execution.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.protobuf.Any;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.input.ActionInputs;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Database;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.execution.store.LeaseStore;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.execution.store.SessionStore;
import dev.millrace.execution.store.Submission;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What bots and the server owe each other when things go wrong around them. */
final class BotsHardeningTest {

  private static final Duration EXPIRY = Duration.ofSeconds(30);
  private static final FairShare SHARES =
      new FairShare(java.util.Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1));
  private static final InstanceName FOO = new InstanceName("foo/bar");

  private final ManualClock clock = ManualClock.standing();
  private final BrokenCache cache = new BrokenCache();
  private final DataSource dataSource = TestDatabase.create();
  private final Database database = new Database(dataSource, 4);
  private final AttemptPolicy attempts = new AttemptPolicy(3);
  private final TimeoutPolicy timeouts =
      new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));
  private final OperationStore operations =
      new OperationStore(database, clock, UUID::randomUUID, Duration.ofMinutes(1));
  private final Changes changes = new Changes();
  private LeaseStore leases;
  private BotsGrpcService bots;

  /** Fails every put for as long as there is a failure to fail with. */
  private static final class BrokenCache implements ActionCache {
    private Optional<Failure> failure = Optional.empty();

    @Override
    public Optional<ActionResult> get(InstanceName instance, Digest action) {
      return Optional.empty();
    }

    @Override
    public void put(
        InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
      failure.ifPresent(thrown -> {
        throw thrown;
      });
    }
  }

  @BeforeEach
  void start() {
    ExecutionSchema.migrations(dataSource).migrate();
    startServer();
  }

  @AfterEach
  void stop() {
    changes.close();
  }

  private void startServer() {
    leases = new LeaseStore(database, clock, UUID::randomUUID, attempts, timeouts, EXPIRY, SHARES);
    bots =
        new BotsGrpcService(
            InstancePolicy.any(),
            new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY),
            new LeaseSettlement(
                leases,
                new ActionInputs(new MemoryBlobStore()),
                cache,
                FailureStatuses.withRandomIds()),
            new Dispatcher(leases, changes),
            changes,
            new PollTiming(
                Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(5), EXPIRY),
            clock);
  }

  @Test
  void aWorkerThatCanBeToldTheInstanceServesThoseBelowItsOwn() {
    OperationName below = submit(FOO, "a");
    BotSession session =
        open(
            "", "worker", Worker.Config.newBuilder().setKey("instances").setValue("below").build());

    session = update(session);

    assertThat(session.getLeasesList()).hasSize(1);
    assertThat(session.getLeases(0).getRequirements().getPropertiesList())
        .contains(Worker.Property.newBuilder().setKey("instance").setValue(FOO.value()).build());
    assertThat(operations.get(below).state()).isInstanceOf(OperationState.Executing.class);
  }

  @Test
  void aWorkerThatCannotIsNotGivenTheActionsOfOtherInstances() {
    submit(FOO, "a");

    assertThat(update(open("", "stock")).getLeasesList()).isEmpty();
    assertThat(update(open(FOO.value(), "own")).getLeasesList()).hasSize(1);
  }

  @Test
  void aWorkerIsNeverGivenTheActionsOfInstancesBesideOrAboveItsOwn() {
    Worker.Config below = Worker.Config.newBuilder().setKey("instances").setValue("below").build();
    submit(InstanceName.ROOT, "a");
    submit(new InstanceName("foobar"), "b");

    assertThat(update(open("foo", "worker", below)).getLeasesList()).isEmpty();
  }

  @Test
  void afterAnOutageOfTheServerBotsGoOnWithWhatTheyHave() {
    OperationName name = submit(InstanceName.ROOT, "a");
    BotSession session = with(update(open("", "worker")), LeaseState.ACTIVE);
    session = update(session);

    clock.advance(Duration.ofMinutes(10));
    startServer();
    BotSession after = update(session);
    clock.advance(EXPIRY.minusSeconds(1));

    assertThat(leases.expire(clock.instant())).isZero();
    assertThat(after.getLeasesList()).isEqualTo(session.getLeasesList());
    assertThat(operations.get(name).state().attempts()).isEqualTo(1);
    clock.advance(Duration.ofSeconds(2));
    assertThat(leases.expire(clock.instant())).isEqualTo(1);
  }

  @Test
  void aBotThatWasKilledAndComesBackGetsItsActionAtOnce() {
    OperationName name = submit(InstanceName.ROOT, "a");
    BotSession before = update(open("", "worker"));

    BotSession after = update(open("", "worker"));

    assertThat(after.getLeasesList()).hasSize(1);
    assertThat(after.getLeases(0).getId()).isNotEqualTo(before.getLeases(0).getId());
    assertThat(operations.get(name).state().attempts()).isEqualTo(2);
    assertThatThrownBy(() -> update(before)).isInstanceOf(Failure.NotFound.class);
  }

  @Test
  void whileTheActionCacheIsAwayNothingThatABotHasCountsAsLost() {
    OperationName name = submit(InstanceName.ROOT, "a");
    OperationName other = submit(InstanceName.ROOT, "b");
    BotSession session = update(with(update(open("", "worker")), LeaseState.ACTIVE));
    BotSession done = session.toBuilder().setLeases(0, completed(session.getLeases(0))).build();
    cache.failure = Optional.of(new Failure.Unavailable("away", null));

    for (int i = 0; i < 4; i++) {
      clock.advance(EXPIRY.minusSeconds(5));
      assertThatThrownBy(() -> update(done)).isInstanceOf(Failure.Unavailable.class);
      assertThat(leases.expire(clock.instant())).isZero();
    }
    cache.failure = Optional.empty();
    BotSession after = update(done);

    assertThat(after.getLeasesList()).containsExactly(session.getLeases(1));
    assertThat(List.of(operations.get(name).state(), operations.get(other).state()))
        .allMatch(state -> state.attempts() == 1)
        .filteredOn(OperationState.Completed.class::isInstance)
        .hasSize(1);
  }

  @Test
  void aResultThatTheCacheHasNoRoomForIsAResult() {
    OperationName name = submit(InstanceName.ROOT, "a");
    BotSession session = with(update(open("", "worker")), LeaseState.ACTIVE);
    cache.failure = Optional.of(new Failure.Exhausted("full"));

    session = update(session.toBuilder().setLeases(0, completed(session.getLeases(0))).build());

    assertThat(session.getLeasesList()).isEmpty();
    assertThat(operations.get(name).state()).isInstanceOf(OperationState.Completed.class);
  }

  @Test
  void aTimeOutOfZeroIsNone() {
    assertThat(timeouts.of(Optional.of(Duration.ZERO))).isEqualTo(Duration.ofHours(1));
  }

  private OperationName submit(InstanceName instance, String content) {
    return operations
        .submit(
            new Submission(
                instance,
                DigestFunction.SHA256.digestOf(
                    content.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                Action.getDefaultInstance(),
                Requirements.NONE,
                /* mergeable= */ true,
                /* doNotCache= */ false,
                0,
                Duration.ofHours(1),
                Origin.UNKNOWN),
            new InliningWishes(false, false, Set.of()))
        .name();
  }

  private BotSession open(String instance, String id, Worker.Config... configs) {
    Answer answer = new Answer();
    bots.createBotSession(
        CreateBotSessionRequest.newBuilder()
            .setParent(instance)
            .setBotSession(
                BotSession.newBuilder()
                    .setBotId(id)
                    .setWorker(
                        Worker.newBuilder()
                            .addConfigs(Worker.Config.newBuilder().setKey("capacity").setValue("2"))
                            .addAllConfigs(List.of(configs))))
            .build(),
        answer);
    return answer.session;
  }

  private BotSession update(BotSession session) {
    Answer answer = new Answer();
    bots.updateBotSession(
        UpdateBotSessionRequest.newBuilder()
            .setName(session.getName())
            .setBotSession(session)
            .build(),
        answer);
    return answer.session;
  }

  private static BotSession with(BotSession session, LeaseState state) {
    return session.toBuilder()
        .clearLeases()
        .addAllLeases(
            session.getLeasesList().stream()
                .map(lease -> lease.toBuilder().setState(state).build())
                .toList())
        .build();
  }

  private static Lease completed(Lease lease) {
    return lease.toBuilder()
        .setState(LeaseState.COMPLETED)
        .setResult(Any.pack(ActionResult.getDefaultInstance()))
        .build();
  }

  private static final class Answer implements StreamObserver<BotSession> {
    private BotSession session = BotSession.getDefaultInstance();

    @Override
    public void onNext(BotSession value) {
      session = value;
    }

    @Override
    public void onError(Throwable thrown) {
      throw new AssertionError(thrown);
    }

    @Override
    public void onCompleted() {}
  }
}
