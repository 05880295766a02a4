package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.DirectoryNode;
import build.bazel.remote.execution.v2.ExecuteOperationMetadata;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import build.bazel.remote.execution.v2.ExecutionPolicy;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import build.bazel.remote.execution.v2.FileNode;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.longrunning.Operation;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import com.google.rpc.LocalizedMessage;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.Status;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients rely on when they have actions run. */
final class ExecutionGrpcServiceTest {

  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final MemoryActionCache cache = new MemoryActionCache();
  private final DataSource database = TestDatabase.create();
  private final Client client = new Client(blobs);
  private Replica replica;

  @BeforeEach
  void start() {
    ExecutionSchema.migrations(database).migrate();
    replica = new Replica(database, blobs, cache, clock, Duration.ofSeconds(20));
  }

  @AfterEach
  void stop() {
    replica.close();
    assertThat(replica.conformance.violations()).isEmpty();
  }

  @Test
  void anActionGoesThroughItsStagesToAResultThatIsCached() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    ExecuteRequest.Builder request = client.request(client.action("a"));
    Following following = client.execute(replica, request);
    following.until(Value.QUEUED);

    Lease lease = bot.take();
    bot.poll();
    following.until(Value.EXECUTING);
    bot.complete(lease, StockBot.GOOD);
    bot.pollAsync();
    ExecuteResponse response = following.response();

    assertThat(following.stages()).containsExactly(Value.QUEUED, Value.EXECUTING, Value.COMPLETED);
    assertThat(following.next()).isNull();
    assertThat(response.getStatus().getCode()).isZero();
    assertThat(response.getCachedResult()).isFalse();
    assertThat(response.getResult().getExecutionMetadata().getWorker()).isEqualTo("bot");
    assertThat(response.getResult().getExecutionMetadata().hasQueuedTimestamp()).isTrue();
    ExecuteOperationMetadata metadata = Client.metadata(following.seen.getFirst());
    assertThat(metadata.getActionDigest()).isEqualTo(request.getActionDigest());
    Digest action =
        Digests.fromProto(request.getActionDigest(), DigestFunction.SHA256, "action_digest");
    assertThat(cache.get(InstanceName.ROOT, action)).contains(response.getResult());
    assertThat(cache.provenance(InstanceName.ROOT, action).orElseThrow().worker()).isEqualTo("bot");
  }

  @Test
  void stagesComeInOrderEvenIfTheyPassUnseen() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following first = client.execute(replica, "a");
    String name = first.name();
    Lease lease = bot.take();
    bot.complete(lease, StockBot.GOOD);
    bot.pollAsync();
    first.response();

    Following late = client.await(replica, name);
    late.response();

    assertThat(late.stages()).containsExactly(Value.EXECUTING, Value.COMPLETED);
  }

  @Test
  void aKnownResultIsServedWithoutRunningAnything() throws Exception {
    ExecuteRequest.Builder request = client.request(client.action("a"));
    Digest stdout =
        Blobs.write(
            blobs, InstanceName.ROOT, DigestFunction.SHA256, ByteString.copyFromUtf8("hello"));
    ActionResult known = ActionResult.newBuilder().setStdoutDigest(Digests.toProto(stdout)).build();
    cache.put(
        InstanceName.ROOT,
        Digests.fromProto(request.getActionDigest(), DigestFunction.SHA256, "action_digest"),
        known,
        dev.millrace.action.Provenance.UNKNOWN);

    Following following = client.execute(replica, request.setInlineStdout(true));
    ExecuteResponse response = following.response();
    ExecuteResponse again = client.await(replica, following.name()).response();

    assertThat(response.getCachedResult()).isTrue();
    assertThat(response.getMessage()).contains("action cache");
    assertThat(response.getResult().getStdoutRaw().toStringUtf8()).isEqualTo("hello");
    assertThat(following.stages()).containsExactly(Value.COMPLETED);
    assertThat(again).isEqualTo(response);
  }

  @Test
  void skippingTheCacheRunsAgainAndOverwrites() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    ExecuteRequest.Builder request = client.request(client.action("a"));
    Digest action =
        Digests.fromProto(request.getActionDigest(), DigestFunction.SHA256, "action_digest");
    ActionResult old =
        ActionResult.newBuilder().setStdoutRaw(ByteString.copyFromUtf8("old")).build();
    cache.put(InstanceName.ROOT, action, old, dev.millrace.action.Provenance.UNKNOWN);

    Following following = client.execute(replica, request.setSkipCacheLookup(true));
    bot.complete(bot.take(), StockBot.GOOD);
    bot.pollAsync();

    assertThat(following.response().getCachedResult()).isFalse();
    assertThat(cache.get(InstanceName.ROOT, action).orElseThrow().getStdoutRaw()).isEmpty();
  }

  @Test
  void equalActionsInFlightAreRunOnce() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    Following first = client.execute(replica, "a");
    String firstName = first.name();
    Following second = client.execute(replica, "a");
    String secondName = second.name();

    Lease lease = bot.take();
    bot.complete(lease, StockBot.GOOD);
    bot.pollAsync();

    assertThat(firstName).isNotEqualTo(secondName);
    assertThat(first.response().getResult()).isEqualTo(second.response().getResult());
    assertThat(replica.leases.assignTo(java.util.List.of(bot.session().getName()))).isEmpty();
  }

  @Test
  void actionsThatMustNotBeCachedAreNeitherMergedNorCached() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    ExecuteRequest.Builder request = client.request(client.action("a").setDoNotCache(true));
    Following first = client.execute(replica, request);
    Following second = client.execute(replica, request);
    first.until(Value.QUEUED);
    second.until(Value.QUEUED);

    Lease one = bot.take();
    Lease other = bot.take();
    bot.complete(one, StockBot.GOOD);
    bot.complete(other, StockBot.GOOD);
    bot.pollAsync();
    first.response();
    second.response();

    assertThat(one.getId()).isNotEqualTo(other.getId());
    Digest action =
        Digests.fromProto(request.getActionDigest(), DigestFunction.SHA256, "action_digest");
    assertThat(cache.get(InstanceName.ROOT, action)).isEmpty();
  }

  @Test
  void allMissingInputsAreNamedAtOnce() throws Exception {
    Digest absent = DigestFunction.SHA256.digestOf(new byte[] {1});
    Digest absentDirectory = DigestFunction.SHA256.digestOf(new byte[] {2});
    Digest absentCommand = DigestFunction.SHA256.digestOf(new byte[] {3});
    Directory child =
        Directory.newBuilder()
            .addFiles(FileNode.newBuilder().setName("f").setDigest(Digests.toProto(absent)))
            .build();
    Directory root =
        Directory.newBuilder()
            .addDirectories(
                DirectoryNode.newBuilder()
                    .setName("a")
                    .setDigest(Digests.toProto(client.upload(child))))
            .addDirectories(
                DirectoryNode.newBuilder().setName("b").setDigest(Digests.toProto(absentDirectory)))
            .build();

    Status status =
        Client.refusal(
            client.execute(
                replica,
                client.request(
                    client
                        .action("a")
                        .setCommandDigest(Digests.toProto(absentCommand))
                        .setInputRootDigest(Digests.toProto(client.upload(root))))));

    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    PreconditionFailure failure = status.getDetails(0).unpack(PreconditionFailure.class);
    assertThat(failure.getViolationsList())
        .allMatch(violation -> violation.getType().equals("MISSING"))
        .extracting(PreconditionFailure.Violation::getSubject)
        .containsExactlyInAnyOrder(
            "blobs/" + absent, "blobs/" + absentDirectory, "blobs/" + absentCommand);
  }

  @Test
  void anAbsentActionIsMissingItself() throws Exception {
    Digest absent = DigestFunction.SHA256.digestOf(new byte[] {1});

    Status status =
        Client.refusal(
            client.execute(
                replica, ExecuteRequest.newBuilder().setActionDigest(Digests.toProto(absent))));

    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(status.getDetails(0).unpack(PreconditionFailure.class).getViolations(0))
        .extracting(PreconditionFailure.Violation::getSubject)
        .isEqualTo("blobs/" + absent);
  }

  @Test
  void malformedRequestsAreRefused() throws Exception {
    assertInvalid(ExecuteRequest.newBuilder());
    assertInvalid(client.request(client.action("a")).setInstanceName("a/blobs/b"));
    assertInvalid(
        client
            .request(client.action("a"))
            .setExecutionPolicy(ExecutionPolicy.newBuilder().setPriority(11)));
    assertInvalid(client.request(client.action("a").setTimeout(seconds(6 * 3600 + 1))));
    assertInvalid(client.request(client.action("a").setTimeout(seconds(-1))));
    assertInvalid(
        client.request(
            client
                .action("a")
                .setCommandDigest(
                    Digests.toProto(
                        client.upload(Command.newBuilder().setWorkingDirectory("x").build())))));
  }

  private void assertInvalid(ExecuteRequest.Builder request) throws Exception {
    assertThat(Client.refusal(client.execute(replica, request)).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT_VALUE);
  }

  private static com.google.protobuf.Duration seconds(long seconds) {
    return com.google.protobuf.Duration.newBuilder().setSeconds(seconds).build();
  }

  @Test
  void theTimeoutThatHoldsForAnActionReachesTheWorker() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    client.execute(replica, "a").until(Value.QUEUED);
    build.bazel.remote.execution.v2.Action standard =
        bot.take().getPayload().unpack(build.bazel.remote.execution.v2.Action.class);
    client
        .execute(replica, client.request(client.action("b").setTimeout(seconds(7))))
        .until(Value.QUEUED);
    build.bazel.remote.execution.v2.Action own =
        bot.take().getPayload().unpack(build.bazel.remote.execution.v2.Action.class);

    assertThat(standard.getTimeout()).isEqualTo(seconds(3600));
    assertThat(own.getTimeout()).isEqualTo(seconds(7));
  }

  @Test
  void anActionThatNoWorkerCouldRunIsRefusedWithTheReason() throws Exception {
    new StockBot(replica, "bot", 1, "OSFamily=linux", "ISA=x86-64").open();

    Status status =
        Client.refusal(
            client.execute(replica, client.request(client.action("a", "OSFamily=windows"))));

    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(status.getMessage()).contains("OSFamily=windows").contains("OSFamily=linux");
    assertThat(status.getDetails(0).unpack(PreconditionFailure.class).getViolations(0).getSubject())
        .isEqualTo("OSFamily");
  }

  @Test
  void theCommandsPlatformCountsWhereTheActionHasNone() throws Exception {
    new StockBot(replica, "bot", 1, "OSFamily=linux").open();
    Command command =
        Command.newBuilder()
            .addArguments("/bin/true")
            .setPlatform(Client.platform("OSFamily=windows"))
            .build();
    build.bazel.remote.execution.v2.Action.Builder action =
        client.action("a").setCommandDigest(Digests.toProto(client.upload(command)));

    assertThat(Client.refusal(client.execute(replica, client.request(action))).getCode())
        .isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    Following queued =
        client.execute(
            replica, client.request(action.setPlatform(Client.platform("OSFamily=linux"))));
    queued.until(Value.QUEUED);
  }

  @Test
  void anActionWaitsForWorkersThatAreAwayAndTellsSo() throws Exception {
    Following nobody = client.execute(replica, "a");
    assertThat(reason(nobody.until(Value.QUEUED))).contains("no worker has connected yet");

    new StockBot(replica, "bot", 1).open();
    clock.advance(Replica.EXPIRY.plusSeconds(1));
    Following away = client.execute(replica, "b");
    assertThat(reason(away.until(Value.QUEUED))).contains("not connected just now");
  }

  private static String reason(Operation operation) throws Exception {
    return Client.metadata(operation)
        .getPartialExecutionMetadata()
        .getAuxiliaryMetadata(0)
        .unpack(LocalizedMessage.class)
        .getMessage();
  }

  @Test
  void whatTheWorkerTellsMeanwhileIsPartOfTheMetadata() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    Lease lease = bot.take();
    Timestamp started = Timestamp.newBuilder().setSeconds(42).build();
    bot.poll(
        lease, ExecutedActionMetadata.newBuilder().setExecutionStartTimestamp(started).build());

    Operation operation = following.until(Value.EXECUTING);
    while (!Client.metadata(operation)
        .getPartialExecutionMetadata()
        .getExecutionStartTimestamp()
        .equals(started)) {
      operation = following.next();
    }
  }

  @Test
  void aNonZeroExitIsAResultThatIsNotCached() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    ExecuteRequest.Builder request = client.request(client.action("a"));
    Following following = client.execute(replica, request);
    bot.complete(bot.take(), ActionResult.newBuilder().setExitCode(3).build());
    bot.pollAsync();
    ExecuteResponse response = following.response();

    assertThat(response.getStatus().getCode()).isZero();
    assertThat(response.getResult().getExitCode()).isEqualTo(3);
    assertThat(response.getMessage()).contains("3");
    assertThat(
            cache.get(
                InstanceName.ROOT,
                Digests.fromProto(request.getActionDigest(), DigestFunction.SHA256, "action")))
        .isEmpty();
  }

  @Test
  void anActionThatTimesOutLeavesItsOutputSoFar() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    bot.complete(
        bot.take(),
        ActionResult.newBuilder()
            .setExitCode(137)
            .setStdoutRaw(ByteString.copyFromUtf8("so far"))
            .build(),
        Status.newBuilder()
            .setCode(Code.DEADLINE_EXCEEDED_VALUE)
            .setMessage("Action timeout reached")
            .build());
    bot.pollAsync();
    ExecuteResponse response = following.response();

    assertThat(response.getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED_VALUE);
    assertThat(response.getResult().getStdoutRaw().toStringUtf8()).isEqualTo("so far");
  }

  @Test
  void anActionThatUsesUpMemoryIsNotTriedAgain() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    bot.complete(
        bot.take(),
        ActionResult.newBuilder().setExitCode(137).build(),
        Status.newBuilder()
            .setCode(Code.RESOURCE_EXHAUSTED_VALUE)
            .setMessage("killed at 4 GB")
            .build());
    bot.pollAsync();

    assertThat(following.response().getStatus().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED_VALUE);
  }

  @Test
  void inputsThatGotLostMeanwhileAreNamedInTheResponse() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    following.until(Value.QUEUED);
    Lease lease = bot.take();
    Digest input = DigestFunction.SHA256.digestOf("input of a".getBytes());
    blobs.drop(InstanceName.ROOT, input);
    bot.fail(lease, Code.INTERNAL, "cannot fetch " + input.hash());
    bot.pollAsync();
    ExecuteResponse response = following.response();

    assertThat(response.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    PreconditionFailure failure =
        response.getStatus().getDetails(0).unpack(PreconditionFailure.class);
    assertThat(failure.getViolationsList())
        .extracting(PreconditionFailure.Violation::getSubject)
        .containsExactly("blobs/" + input);
  }

  @Test
  void workersOwnFaultsAreTriedElsewhereAndThenGivenUpWithTheReason() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    for (int attempt = 1; attempt <= 3; attempt++) {
      bot.fail(bot.take(), Code.UNAVAILABLE, "disk broken");
    }
    bot.pollAsync();
    ExecuteResponse response = following.response();

    assertThat(response.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE_VALUE);
    assertThat(response.getStatus().getMessage()).contains("3 attempt").contains("disk broken");
    assertThat(response.getMessage()).contains("disk broken");
  }

  @Test
  void waitingWorksOnAnyReplicaAndAfterTheEndForAnHour() throws Exception {
    try (Replica other = new Replica(database, blobs, cache, clock, Duration.ofSeconds(20))) {
      StockBot bot = new StockBot(other, "bot", 1).open();
      Following here = client.execute(replica, "a");
      String name = here.name();
      Following there = client.await(other, name);
      there.next();
      bot.complete(bot.take(), StockBot.GOOD);
      bot.pollAsync();

      ExecuteResponse response = here.response();
      assertThat(there.response()).isEqualTo(response);
      assertThat(client.await(other, name).response()).isEqualTo(response);
      clock.advance(Replica.RETENTION.plusSeconds(1));
      replica.sweeper.sweep();
      assertThat(Client.refusal(client.await(other, name)).getCode())
          .isEqualTo(Code.NOT_FOUND_VALUE);
    }
  }

  @Test
  void unknownAndMalformedNamesAreRefused() throws Exception {
    assertThat(Client.refusal(client.await(replica, "operations/nonsense")).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(
            Client.refusal(client.await(replica, "operations/" + new java.util.UUID(1, 2)))
                .getCode())
        .isEqualTo(Code.NOT_FOUND_VALUE);
  }

  @Test
  void aClientThatGoesAwayCanComeBackWithinAMinute() throws Exception {
    Following following = client.execute(replica, "a");
    String name = following.name();
    following.goAway();
    clock.advance(Replica.GRACE.minusSeconds(20));
    replica.sweeper.sweep();
    Following back = client.await(replica, name);
    back.until(Value.QUEUED);
    clock.advance(Replica.GRACE.minusSeconds(20));
    replica.sweeper.sweep();

    assertThat(replica.operationsStub().getOperation(get(name)).getDone()).isFalse();
  }

  @Test
  void whatNobodyWaitsForIsCancelledAfterAMinute() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    bot.take();
    following.goAway();
    Operation operation = replica.operationsStub().getOperation(get(name));
    // When the server notices that the client has gone is not the test's to say.
    for (int i = 0; i < 100 && !operation.getDone(); i++) {
      clock.advance(Replica.GRACE.plusSeconds(1));
      bot.poll();
      replica.sweeper.sweep();
      operation = replica.operationsStub().getOperation(get(name));
    }

    assertThat(operation.getDone()).isTrue();
    assertThat(Client.response(operation).getStatus().getCode()).isEqualTo(Code.CANCELLED_VALUE);
    assertThat(bot.poll().getLeases(0).getState())
        .isEqualTo(com.google.devtools.remoteworkers.v1test2.LeaseState.CANCELLED);
  }

  private static com.google.longrunning.GetOperationRequest get(String name) {
    return com.google.longrunning.GetOperationRequest.newBuilder().setName(name).build();
  }

  @Test
  void urgentActionsRunFirstThenTheOldest() throws Exception {
    client.execute(replica, request("late", 5)).until(Value.QUEUED);
    clock.advance(Duration.ofSeconds(1));
    client.execute(replica, request("first", 0)).until(Value.QUEUED);
    clock.advance(Duration.ofSeconds(1));
    client.execute(replica, request("second", 0)).until(Value.QUEUED);
    clock.advance(Duration.ofSeconds(1));
    client.execute(replica, request("urgent", -5)).until(Value.QUEUED);
    StockBot bot = new StockBot(replica, "bot", 1).open();

    for (String expected : new String[] {"urgent", "first", "second", "late"}) {
      Lease lease = bot.take();
      build.bazel.remote.execution.v2.Action action =
          lease.getPayload().unpack(build.bazel.remote.execution.v2.Action.class);
      assertThat(action.getCommandDigest()).isEqualTo(client.action(expected).getCommandDigest());
      bot.complete(lease, StockBot.GOOD);
    }
  }

  private ExecuteRequest.Builder request(String name, int priority) {
    return client
        .request(client.action(name))
        .setExecutionPolicy(ExecutionPolicy.newBuilder().setPriority(priority));
  }

  @Test
  void aKilledReplicaLosesNothing() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following running = client.execute(replica, "running");
    String name = running.name();
    Lease lease = bot.take();
    bot.poll();
    Following queued = client.execute(replica, "queued");
    String queuedName = queued.name();
    replica.close();

    replica = new Replica(database, blobs, cache, clock, Duration.ofSeconds(20));
    bot.moveTo(replica);
    bot.complete(lease, StockBot.GOOD);
    Lease next = bot.take();
    bot.complete(next, StockBot.GOOD);
    bot.pollAsync();

    assertThat(client.await(replica, name).response().getStatus().getCode()).isZero();
    assertThat(client.await(replica, queuedName).response().getStatus().getCode()).isZero();
  }
}
