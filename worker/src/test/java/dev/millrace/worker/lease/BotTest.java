package dev.millrace.worker.lease;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Digest;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.protobuf.Any;
import com.google.protobuf.StringValue;
import com.google.rpc.Code;
import com.google.rpc.PreconditionFailure;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.action.ActionOrder;
import dev.millrace.worker.action.ActionOutcome;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BotTest {

  private static final BotTiming QUICK =
      new BotTiming(
          Duration.ofMillis(10),
          Duration.ofSeconds(30),
          Duration.ofMillis(5),
          Duration.ofMillis(50),
          Duration.ofSeconds(1));

  /** An action that has been started and ends when the test says so. */
  private record Started(
      ActionOrder order,
      CompletableFuture<ActionOutcome> end,
      CompletableFuture<Void> interrupted) {}

  private final BlockingQueue<Started> started = new LinkedBlockingQueue<>();
  private ScriptedBots server;
  private Bot bot;

  @BeforeEach
  void start() throws IOException {
    server = new ScriptedBots();
    bot =
        new Bot(
            server.channel(),
            new BotDescription(
                new InstanceName("team"),
                "bot-1",
                Map.of("OSFamily", List.of("linux"), "tool", List.of("a", "b")),
                2),
            this::run,
            QUICK,
            Clock.systemUTC(),
            RandomGenerator.getDefault());
    bot.start();
  }

  @AfterEach
  void stop() {
    started.forEach(action -> action.end().complete(finished(0)));
    server.close();
    bot.drain(Duration.ZERO).orTimeout(20, TimeUnit.SECONDS).join();
  }

  private ActionOutcome run(ActionOrder order, Consumer<ExecutedActionMetadata> progress)
      throws InterruptedException {
    Started action = new Started(order, new CompletableFuture<>(), new CompletableFuture<>());
    progress.accept(ExecutedActionMetadata.newBuilder().setWorker("bot-1").build());
    started.add(action);
    try {
      return action.end().get();
    } catch (InterruptedException e) {
      action.interrupted().complete(null);
      throw e;
    } catch (java.util.concurrent.ExecutionException e) {
      throw (RuntimeException) e.getCause();
    }
  }

  @Test
  void aSessionIsOpenedWithWhatTheBotOffers() throws Exception {
    ScriptedBots.Call create = server.next();

    assertThat(create.parent).isEqualTo("team");
    assertThat(create.session.getBotId()).isEqualTo("bot-1");
    assertThat(create.session.getStatus()).isEqualTo(BotStatus.OK);
    assertThat(create.session.getWorker().getDevices(0).getPropertiesList())
        .extracting(property -> property.getKey() + "=" + property.getValue())
        .containsExactlyInAnyOrder("OSFamily=linux", "tool=a", "tool=b");
    assertThat(create.session.getWorker().getConfigsList())
        .extracting(config -> config.getKey() + "=" + config.getValue())
        .containsExactly("capacity=2", "instances=below");
    create.answer();
    ScriptedBots.Call update = server.next();
    assertThat(update.session.getName()).isEqualTo("sessions/1");
    assertThat(update.session.getWorker()).isEqualTo(create.session.getWorker());
  }

  @Test
  void aLeaseIsRunAndItsResultRepeatedUntilTheServerLetsGoOfIt() throws Exception {
    server.next().answer(lease("1"));
    Started action = nextStarted();
    assertThat(action.order())
        .isEqualTo(
            new ActionOrder.Stored(
                new InstanceName("team"), DigestFunction.SHA256.digestOf(new byte[] {1})));
    ScriptedBots.Call active = nextWith(LeaseState.ACTIVE);

    action.end().complete(finished(7));
    ScriptedBots.Call completed = nextWith(LeaseState.COMPLETED);
    completed.answer(completed.session.getLeases(0));
    ScriptedBots.Call repeated = server.next();
    repeated.answer();
    ScriptedBots.Call after = server.next();

    assertThat(active.cancelled.await(10, TimeUnit.SECONDS))
        .as("the held call is given up")
        .isTrue();
    Lease lease = completed.session.getLeases(0);
    assertThat(lease.getStatus().getCode()).isZero();
    assertThat(lease.getResult().unpack(ActionResult.class).getExitCode()).isEqualTo(7);
    assertThat(repeated.session.getLeasesList()).containsExactly(lease);
    assertThat(after.session.getLeasesList()).isEmpty();
  }

  @Test
  void theNextLeaseCanComeWithTheAnswerToTheLast() throws Exception {
    server.next().answer(lease("1"));
    nextStarted().end().complete(finished(0));
    nextWith(LeaseState.COMPLETED).answer(lease("2"));

    nextStarted().end().complete(finished(0));

    assertThat(nextWith(LeaseState.COMPLETED).session.getLeases(0).getId()).isEqualTo("2");
  }

  @Test
  void theDigestFunctionIsTheOneThatTheLeaseNames() throws Exception {
    dev.millrace.digest.Digest digest = DigestFunction.BLAKE3.digestOf(new byte[] {1});
    server
        .next()
        .answer(
            lease("1").toBuilder()
                .setPayload(Any.pack(dev.millrace.digest.wire.Digests.toProto(digest)))
                .setRequirements(
                    Worker.newBuilder()
                        .addProperties(
                            Worker.Property.newBuilder()
                                .setKey("digest-function")
                                .setValue("BLAKE3")))
                .build());

    assertThat(nextStarted().order())
        .isEqualTo(new ActionOrder.Stored(new InstanceName("team"), digest));
  }

  @Test
  void aPayloadThatIsNoActionIsAnInvalidArgument() throws Exception {
    server
        .next()
        .answer(
            lease("1").toBuilder().setPayload(Any.pack(StringValue.of("what is this"))).build());

    assertThat(nextWith(LeaseState.COMPLETED).session.getLeases(0).getStatus().getCode())
        .isEqualTo(Code.INVALID_ARGUMENT_VALUE);
  }

  @Test
  void missingBlobsAreViolationsThatNameThem() throws Exception {
    dev.millrace.digest.Digest missing = DigestFunction.SHA256.digestOf(new byte[] {9});
    server.next().answer(lease("1"));
    nextStarted().end().completeExceptionally(new Failure.BlobsMissing("inputs", List.of(missing)));

    com.google.rpc.Status status = nextWith(LeaseState.COMPLETED).session.getLeases(0).getStatus();

    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(status.getDetails(0).unpack(PreconditionFailure.class).getViolationsList())
        .extracting("type", "subject")
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "MISSING", "blobs/" + missing.hash() + "/" + missing.sizeBytes()));
  }

  @Test
  void everyOutcomeAndFailureHasItsStatus() {
    ActionResult result = ActionResult.newBuilder().setExitCode(137).build();

    assertThat(LeaseResult.of(new ActionOutcome.TimedOut(result, "late")))
        .returns(Code.DEADLINE_EXCEEDED_VALUE, r -> r.status().getCode())
        .returns(result, r -> r.result().orElseThrow());
    assertThat(LeaseResult.of(new ActionOutcome.OverLimit(result, "much")))
        .returns(Code.RESOURCE_EXHAUSTED_VALUE, r -> r.status().getCode())
        .returns(result, r -> r.result().orElseThrow());
    assertThat(LeaseResult.of("l", new Failure.Unavailable("full", null)).status().getCode())
        .isEqualTo(Code.UNAVAILABLE_VALUE);
    assertThat(LeaseResult.of("l", new Failure.Exhausted("full")).status().getCode())
        .isEqualTo(Code.RESOURCE_EXHAUSTED_VALUE);
    assertThat(LeaseResult.of("l", new Failure.Corrupt("torn", null)).status().getCode())
        .isEqualTo(Code.INTERNAL_VALUE);
    assertThat(LeaseResult.of("l", new IllegalStateException("bug")).status().getCode())
        .isEqualTo(Code.INTERNAL_VALUE);
  }

  @Test
  void aCancelledLeaseIsStoppedAndReportedSoUntilTheServerLetsGoOfIt() throws Exception {
    server.next().answer(lease("1"));
    Started action = nextStarted();
    ScriptedBots.Call active = nextWith(LeaseState.ACTIVE);

    active.answer(active.session.getLeases(0).toBuilder().setState(LeaseState.CANCELLED).build());

    action.interrupted().get(10, TimeUnit.SECONDS);
    ScriptedBots.Call cancelled = nextWith(LeaseState.CANCELLED);
    assertThat(cancelled.session.getLeases(0).getStatus().getCode())
        .isEqualTo(Code.CANCELLED_VALUE);
    cancelled.answer();
    assertThat(server.next().session.getLeasesList()).isEmpty();
  }

  @Test
  void aLeaseThatIsLeftOutOfAReplyIsStoppedAndForgotten() throws Exception {
    server.next().answer(lease("1"), lease("2"));
    Started first = nextStarted();
    Started second = nextStarted();
    Lease kept = lease("2").toBuilder().setState(LeaseState.ACTIVE).build();

    nextWith(LeaseState.ACTIVE).answer(kept);

    ScriptedBots.Call after = server.next();
    assertThat(after.session.getLeasesList()).extracting(Lease::getId).containsExactly("2");
    CompletableFuture.anyOf(first.interrupted(), second.interrupted()).get(10, TimeUnit.SECONDS);
    assertThat(first.interrupted().isDone() && second.interrupted().isDone()).isFalse();
  }

  @Test
  void aLeaseBeyondTheSlotsWaitsForOneToBeFree() throws Exception {
    server.next().answer(lease("1"), lease("2"), lease("3"));
    Started first = nextStarted();
    nextStarted();
    ScriptedBots.Call full = server.next();
    assertThat(full.session.getLeasesList())
        .extracting(Lease::getState)
        .containsExactly(LeaseState.ACTIVE, LeaseState.ACTIVE, LeaseState.PENDING);

    first.end().complete(finished(0));

    assertThat(nextStarted().end()).isNotDone();
    assertThat(server.next().session.getLeasesList())
        .extracting(Lease::getState)
        .containsOnlyOnce(LeaseState.COMPLETED)
        .doesNotContain(LeaseState.PENDING);
  }

  @Test
  void aServerOutOfReachIsTriedAgainWhileTheWorkGoesOn() throws Exception {
    ScriptedBots.Call create = server.next();
    create.fail(Status.UNAVAILABLE);
    server.next().answer(lease("1"));
    Started action = nextStarted();
    for (int i = 0; i < 5; i++) {
      server.next().fail(Status.UNAVAILABLE.withDescription("restarting"));
    }
    assertThat(action.interrupted()).isNotDone();

    action.end().complete(finished(0));

    ScriptedBots.Call call = server.next();
    while (call.session.getLeases(0).getState() != LeaseState.COMPLETED) {
      call.fail(Status.UNAVAILABLE);
      call = server.next();
    }
    assertThat(call.isCreate()).isFalse();
  }

  @Test
  void aSessionThatIsGoneIsOpenedAnewAndItsWorkStopped() throws Exception {
    server.next().answer(lease("1"));
    Started action = nextStarted();

    nextWith(LeaseState.ACTIVE).fail(Status.NOT_FOUND);

    ScriptedBots.Call create = server.next();
    assertThat(create.isCreate()).isTrue();
    assertThat(create.session.getName()).isEmpty();
    assertThat(create.session.getLeasesList()).isEmpty();
    action.interrupted().get(10, TimeUnit.SECONDS);
  }

  @Test
  void aHeldCallIsReplacedBeforeTheSessionExpires() throws Exception {
    server.next().answer(Duration.ofMillis(400), lease("1"));
    nextStarted();
    ScriptedBots.Call held = nextWith(LeaseState.ACTIVE);

    ScriptedBots.Call heartbeat = server.next();

    assertThat(held.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(heartbeat.session.getLeasesList()).isEqualTo(held.session.getLeasesList());
  }

  @Test
  void theTimesOfARunningActionGoWithTheUpdates() throws Exception {
    server.next().answer(Duration.ofMillis(400), lease("lease-1"));
    nextStarted();
    Metadata.Key<byte[]> key =
        Metadata.Key.of("partial-execution-metadata-lease-1-bin", Metadata.BINARY_BYTE_MARSHALLER);

    ScriptedBots.Call call = server.next();
    while (!call.headers.containsKey(key)) {
      call = server.next();
    }

    assertThat(ExecutedActionMetadata.parseFrom(call.headers.get(key)).getWorker())
        .isEqualTo("bot-1");
  }

  @Test
  void aDrainingBotFinishesWhatRunsAndTakesNoMore() throws Exception {
    server.next().answer(lease("1"));
    Started action = nextStarted();
    nextWith(LeaseState.ACTIVE);

    CompletableFuture<Void> ended = bot.drain(Duration.ofSeconds(30));
    ScriptedBots.Call terminating = server.next();
    terminating.answer(terminating.session.getLeases(0), lease("2"));
    action.end().complete(finished(0));
    ScriptedBots.Call completed = nextWith(LeaseState.COMPLETED);

    assertThat(terminating.session.getStatus()).isEqualTo(BotStatus.BOT_TERMINATING);
    assertThat(completed.session.getLeasesList()).extracting(Lease::getId).containsExactly("1");
    assertThat(ended).isNotDone();
    completed.answer();
    ended.get(10, TimeUnit.SECONDS);
    assertThat(started).isEmpty();
  }

  @Test
  void aDrainingBotGivesBackWhatItDidNotBegin() throws Exception {
    server.next().answer(lease("1"), lease("2"), lease("3"));
    Started first = nextStarted();
    Started second = nextStarted();

    CompletableFuture<Void> ended = bot.drain(Duration.ofSeconds(30));
    ScriptedBots.Call terminating = server.next();
    while (terminating.session.getStatus() != BotStatus.BOT_TERMINATING) {
      terminating = server.next();
    }
    first.end().complete(finished(0));
    second.end().complete(finished(0));
    ScriptedBots.Call done = server.next();
    while (done.session.getLeasesList().stream()
        .anyMatch(lease -> lease.getState() == LeaseState.ACTIVE)) {
      done = server.next();
    }
    done.answer();

    assertThat(terminating.session.getLeases(2).getState()).isEqualTo(LeaseState.PENDING);
    assertThat(done.session.getLeasesList())
        .extracting(Lease::getState)
        .containsExactly(LeaseState.COMPLETED, LeaseState.COMPLETED, LeaseState.PENDING);
    ended.get(10, TimeUnit.SECONDS);
    assertThat(started).isEmpty();
  }

  @Test
  void whatDoesNotFinishWithinTheGracePeriodIsStoppedAndGivenBack() throws Exception {
    server.next().answer(lease("1"));
    Started action = nextStarted();
    nextWith(LeaseState.ACTIVE);

    CompletableFuture<Void> ended = bot.drain(Duration.ofMillis(300));

    action.interrupted().get(10, TimeUnit.SECONDS);
    ScriptedBots.Call completed = nextWith(LeaseState.COMPLETED);
    assertThat(completed.session.getStatus()).isEqualTo(BotStatus.BOT_TERMINATING);
    assertThat(completed.session.getLeases(0).getStatus().getCode())
        .isEqualTo(Code.UNAVAILABLE_VALUE);
    completed.answer();
    ended.get(10, TimeUnit.SECONDS);
  }

  @Test
  void anIdleBotEndsAsSoonAsTheServerKnows() throws Exception {
    server.next().answer();
    server.next();

    CompletableFuture<Void> ended = bot.drain(Duration.ofHours(1));
    ScriptedBots.Call terminating = server.next();
    terminating.answer();

    assertThat(terminating.session.getStatus()).isEqualTo(BotStatus.BOT_TERMINATING);
    ended.get(10, TimeUnit.SECONDS);
  }

  private ScriptedBots.Call nextWith(LeaseState state) throws InterruptedException {
    ScriptedBots.Call call = server.next();
    while (call.session.getLeasesList().stream().noneMatch(l -> l.getState() == state)) {
      call = server.next();
    }
    return call;
  }

  private Started nextStarted() throws InterruptedException {
    Started action = started.poll(20, TimeUnit.SECONDS);
    assertThat(action).as("an action that was started").isNotNull();
    return action;
  }

  private static ActionOutcome finished(int exitCode) {
    return new ActionOutcome.Finished(ActionResult.newBuilder().setExitCode(exitCode).build());
  }

  private static Lease lease(String id) {
    dev.millrace.digest.Digest digest = DigestFunction.SHA256.digestOf(new byte[] {1});
    return Lease.newBuilder()
        .setId(id)
        .setState(LeaseState.PENDING)
        .setPayload(
            Any.pack(
                Digest.newBuilder()
                    .setHash(digest.hash())
                    .setSizeBytes(digest.sizeBytes())
                    .build()))
        .build();
  }
}
