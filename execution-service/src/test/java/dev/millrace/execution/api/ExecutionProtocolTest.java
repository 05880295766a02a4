package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.longrunning.Operation;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Int64Value;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.PreconditionFailure.Violation;
import com.google.rpc.Status;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.instance.InstanceName;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Execution as docs/protocol.md promises it, beyond what {@link ExecutionGrpcServiceTest} has. */
final class ExecutionProtocolTest extends ProtocolFixture {

  private static Digest digest(String content) {
    return DigestFunction.SHA256.digestOf(
        content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static List<String> missing(Status status) throws Exception {
    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    PreconditionFailure failure = status.getDetails(0).unpack(PreconditionFailure.class);
    assertThat(failure.getViolationsList()).allMatch(v -> v.getType().equals("MISSING"));
    return failure.getViolationsList().stream().map(Violation::getSubject).toList();
  }

  @Test
  void moreMissingInputsThanARefusalCanCarryAreAllNamedInTheResponse() throws Exception {
    Directory.Builder root = Directory.newBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      Digest absent = digest("absent " + i);
      root.addFilesBuilder().setName("f" + i).setDigest(Digests.toProto(absent));
      expected.add("blobs/" + absent);
    }
    Action.Builder action =
        client.action("a").setInputRootDigest(Digests.toProto(client.upload(root.build())));

    Following following = client.execute(replica, client.request(action));
    ExecuteResponse response = following.response();

    assertThat(missing(response.getStatus())).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(response.getMessage()).contains("1000 blob(s) missing");
    assertThat(following.stages()).containsExactly(Value.COMPLETED);
    assertThat(client.await(replica, following.name()).response()).isEqualTo(response);
  }

  @Test
  void fewMissingInputsAreARefusalThatNamesThemAllWhateverTheFunction() throws Exception {
    Directory.Builder root = Directory.newBuilder();
    for (int i = 0; i < 14; i++) {
      Digest absent = DigestFunction.SHA512.digestOf(new byte[] {(byte) i});
      root.addFilesBuilder().setName("f" + i).setDigest(Digests.toProto(absent));
    }
    Action action =
        Action.newBuilder()
            .setCommandDigest(
                upload(DigestFunction.SHA512, Command.newBuilder().addArguments("true").build()))
            .setInputRootDigest(upload(DigestFunction.SHA512, root.build()))
            .build();

    Status status =
        Client.refusal(
            client.execute(
                replica,
                ExecuteRequest.newBuilder()
                    .setDigestFunction(Digests.toProto(DigestFunction.SHA512))
                    .setActionDigest(upload(DigestFunction.SHA512, action))));

    assertThat(missing(status)).hasSize(14);
  }

  private build.bazel.remote.execution.v2.Digest upload(
      DigestFunction function, com.google.protobuf.Message message) {
    return Digests.toProto(Blobs.write(blobs, InstanceName.ROOT, function, message.toByteString()));
  }

  @Test
  void missingBlobsOfOtherFunctionsAreNamedWithTheFunction() throws Exception {
    Digest absent = DigestFunction.BLAKE3.digestOf(new byte[] {1});
    Action action =
        Action.newBuilder()
            .setCommandDigest(
                upload(DigestFunction.BLAKE3, Command.newBuilder().addArguments("true").build()))
            .setInputRootDigest(Digests.toProto(absent))
            .build();

    Status status =
        Client.refusal(
            client.execute(
                replica,
                ExecuteRequest.newBuilder()
                    .setDigestFunction(Digests.toProto(DigestFunction.BLAKE3))
                    .setActionDigest(upload(DigestFunction.BLAKE3, action))));

    assertThat(missing(status))
        .containsExactly("blobs/blake3/%s/%d".formatted(absent.hash(), absent.sizeBytes()));
  }

  @Test
  void whateverGotLostMeanwhileIsNamedHoweverTheStockWorkerSaysSo() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    // The action, its command, an input: each with the code that the stock worker has for it.
    Action.Builder first = client.action("a");
    Following noCommand = client.execute(replica, client.request(first));
    noCommand.until(Value.QUEUED);
    Lease lease = bot.take();
    Digest command =
        Digests.fromProto(first.getCommandDigest(), DigestFunction.SHA256, "command_digest");
    blobs.drop(InstanceName.ROOT, command);
    blobs.drop(InstanceName.ROOT, digest("input of a"));
    bot.fail(lease, Code.NOT_FOUND, "no such command");
    Following noAction = client.execute(replica, "b");
    noAction.until(Value.QUEUED);
    bot.poll();
    assertThat(missing(noCommand.response().getStatus()))
        .containsExactlyInAnyOrder("blobs/" + command, "blobs/" + digest("input of a"));

    lease = bot.take();
    Digest action = client.upload(client.action("b").build());
    blobs.drop(InstanceName.ROOT, action);
    bot.fail(lease, Code.INTERNAL, "no such action");
    bot.pollAsync();
    assertThat(missing(noAction.response().getStatus())).containsExactly("blobs/" + action);
  }

  @Test
  void theMaximumTimeOutItselfIsAllowedAndNotAMomentMore() throws Exception {
    Duration maximum = seconds(Replica.TIMEOUTS.maximum().toSeconds());
    client
        .execute(replica, client.request(client.action("a").setTimeout(maximum)))
        .until(Value.QUEUED);
    Status status =
        Client.refusal(
            client.execute(
                replica,
                client.request(
                    client.action("b").setTimeout(maximum.toBuilder().setNanos(1).build()))));

    assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(status.getMessage()).contains("PT6H");
  }

  private static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  @Test
  void anActionThatTimedOutIsNotCachedAndRunsAgain() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    bot.complete(
        bot.take(),
        ActionResult.newBuilder().setStdoutRaw(ByteString.copyFromUtf8("so far")).build(),
        Status.newBuilder()
            .setCode(Code.DEADLINE_EXCEEDED_VALUE)
            .setMessage("Action timeout reached")
            .build());
    bot.poll();
    assertThat(following.response().getMessage()).contains("timeout");

    Following again = client.execute(replica, "a");
    bot.complete(bot.take(), StockBot.GOOD);
    bot.pollAsync();
    assertThat(again.response().getCachedResult()).isFalse();
  }

  @Test
  void anActionThatIsKilledByMemoryTellsItsPeakUse() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    Any usage = Any.pack(Int64Value.of(4_000_000_000L));
    bot.complete(
        bot.take(),
        ActionResult.newBuilder()
            .setExitCode(137)
            .setExecutionMetadata(ExecutedActionMetadata.newBuilder().addAuxiliaryMetadata(usage))
            .build(),
        Status.newBuilder()
            .setCode(Code.RESOURCE_EXHAUSTED_VALUE)
            .setMessage("killed at a peak of 4000000000 bytes")
            .build());
    bot.pollAsync();
    ExecuteResponse response = following.response();

    assertThat(response.getStatus().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED_VALUE);
    assertThat(response.getMessage()).contains("peak of 4000000000 bytes");
    assertThat(response.getResult().getExecutionMetadata().getAuxiliaryMetadataList())
        .containsExactly(usage);
  }

  @Test
  void whatTheWorkerMeasuredReachesTheClientWhole() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    ExecutedActionMetadata measured =
        ExecutedActionMetadata.newBuilder()
            .setWorker("worker-7")
            .setWorkerStartTimestamp(at(1))
            .setInputFetchStartTimestamp(at(2))
            .setInputFetchCompletedTimestamp(at(3))
            .setExecutionStartTimestamp(at(4))
            .setExecutionCompletedTimestamp(at(5))
            .setVirtualExecutionDuration(seconds(1))
            .setOutputUploadStartTimestamp(at(6))
            .setOutputUploadCompletedTimestamp(at(7))
            .setWorkerCompletedTimestamp(at(8))
            .addAuxiliaryMetadata(Any.pack(Int64Value.of(42)))
            .build();
    bot.complete(bot.take(), ActionResult.newBuilder().setExecutionMetadata(measured).build());
    bot.pollAsync();
    Operation done = following.until(Value.COMPLETED);

    ExecutedActionMetadata told = Client.response(done).getResult().getExecutionMetadata();
    assertThat(told.getQueuedTimestamp().getSeconds()).isEqualTo(clock.instant().getEpochSecond());
    assertThat(told.toBuilder().clearQueuedTimestamp().build()).isEqualTo(measured);
    assertThat(Client.metadata(done).getPartialExecutionMetadata()).isEqualTo(told);
  }

  private static Timestamp at(long second) {
    return Timestamp.newBuilder().setSeconds(second).build();
  }

  @Test
  void everyStageTellsTheActionAndItsFunction() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    ExecuteRequest.Builder request = client.request(client.action("a"));
    Following following = client.execute(replica, request);
    bot.complete(bot.take(), StockBot.GOOD);
    bot.pollAsync();
    following.response();

    assertThat(following.stages()).containsExactly(Value.QUEUED, Value.EXECUTING, Value.COMPLETED);
    assertThat(following.seen)
        .extracting(Client::metadata)
        .allMatch(m -> m.getActionDigest().equals(request.getActionDigest()))
        .allMatch(m -> m.getDigestFunction() == Digests.toProto(DigestFunction.SHA256));
  }

  @Test
  void equalActionsOfDifferentInvocationsShareARun() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    Following first = execute("one", client.request(client.action("a")));
    first.until(Value.QUEUED);
    Following second = execute("two", client.request(client.action("a")));
    second.until(Value.QUEUED);
    bot.complete(bot.take(), StockBot.GOOD);
    bot.pollAsync();

    assertThat(second.response()).isEqualTo(first.response());
  }

  @Test
  void aClientThatLeavesEndsNothingForThoseWhoShareTheRun() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following first = client.execute(replica, "a");
    first.until(Value.QUEUED);
    Following second = client.execute(replica, "a");
    String name = second.name();
    Lease lease = bot.take();
    first.goAway();
    for (int i = 0; i < 4; i++) {
      clock.advance(Replica.GRACE.dividedBy(3));
      replica.operations.follow(dev.millrace.execution.operation.OperationName.parse(name));
      bot.poll();
      replica.sweeper.sweep();
    }
    bot.complete(lease, StockBot.GOOD);
    bot.pollAsync();

    assertThat(second.response().getStatus().getCode()).isZero();
  }

  @Test
  void platformsAreMatchedKeyByKeyInTheLexiconsWords() throws Exception {
    StockBot linux =
        new StockBot(
                replica,
                "linux",
                10,
                "OSFamily=linux",
                "ISA=x86-64",
                "container-image=docker://ubuntu@sha256:1",
                "gpu=a",
                "gpu=b")
            .open();
    StockBot anything = new StockBot(replica, "any", 10, "pool=images", "container-image=*").open();
    List<String[]> fit =
        List.of(
            new String[] {"OSFamily=Linux"},
            new String[] {"ISA=amd64"},
            new String[] {"container-image=ubuntu@sha256:1"},
            new String[] {"gpu=a", "gpu=b", "OSFamily=linux"});
    for (String[] platform : fit) {
      String name = String.join(",", platform);
      client.execute(replica, client.request(client.action(name, platform))).until(Value.QUEUED);
      bot(linux);
    }
    client
        .execute(
            replica,
            client.request(client.action("i", "pool=images", "container-image=docker://x")))
        .until(Value.QUEUED);
    bot(anything);

    for (String[] platform :
        List.of(
            new String[] {"gpu=c"},
            new String[] {"OSFamily=linux", "pool=images"},
            new String[] {"container-image=docker://debian"})) {
      Status refused =
          Client.refusal(
              client.execute(
                  replica, client.request(client.action(String.join(",", platform), platform))));
      assertThat(refused.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    }
  }

  private static void bot(StockBot bot) {
    assertThat(bot.take()).isNotNull();
  }

  @Test
  void anActionWithoutAPlatformRunsOnTheDefaultPoolOnly() throws Exception {
    try (Replica impatient = replica(java.time.Duration.ofMillis(50))) {
      StockBot special = new StockBot(impatient, "special", 1, "pool=gpu").open();
      StockBot plain = new StockBot(impatient, "plain", 1).open();
      client.execute(replica, "a").until(Value.QUEUED);
      Lease lease = plain.take();
      plain.poll();
      client.execute(replica, "b").until(Value.QUEUED);

      assertThat(special.poll().getLeasesList()).isEmpty();
      plain.complete(lease, StockBot.GOOD);
      assertThat(plain.poll().getLeasesCount()).isOne();
    }
  }

  @Test
  void aFinishedOperationIsKeptForAnHour() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    bot.complete(bot.take(), StockBot.GOOD);
    bot.poll();
    ExecuteResponse response = following.response();

    clock.advance(Replica.RETENTION.minusSeconds(1));
    replica.sweeper.sweep();
    assertThat(client.await(replica, name).response()).isEqualTo(response);
    clock.advance(java.time.Duration.ofSeconds(2));
    replica.sweeper.sweep();
    assertThat(Client.refusal(client.await(replica, name)).getCode())
        .isEqualTo(Code.NOT_FOUND_VALUE);
  }
}
