package dev.millrace.actions.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionCacheGrpc;
import build.bazel.remote.execution.v2.ActionCacheGrpc.ActionCacheBlockingStub;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.GetActionResultRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.OutputFile;
import build.bazel.remote.execution.v2.RequestMetadata;
import build.bazel.remote.execution.v2.Tree;
import build.bazel.remote.execution.v2.UpdateActionResultRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.PreconditionFailure;
import dev.millrace.action.Provenance;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.request.Caller;
import dev.millrace.grpc.request.CallerRights;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the protocol page promises of ActionCache, a test a sentence. */
final class ActionCacheGrpcServiceTest {

  private static final InstanceName INSTANCE = new InstanceName("team");
  private static final Digest ACTION = DigestFunction.SHA256.digestOf(new byte[] {1});

  private final RandomBlobs random = RandomBlobs.seeded();
  private final InProcessActionCache service =
      new InProcessActionCache(INSTANCE, InstanceName.ROOT);
  private final ActionCacheBlockingStub client = ActionCacheGrpc.newBlockingStub(service.channel);

  @AfterEach
  void closeTheService() {
    service.close();
  }

  @Test
  void aResultThatWasUpdatedIsAHitAndIsAnsweredToTheUpdate() {
    ActionResult result = withStdout(write(random.next(100)));
    assertThat(client.updateActionResult(update(result).build())).isEqualTo(result);
    assertThat(client.getActionResult(get().build())).isEqualTo(result);
  }

  @Test
  void anUnknownActionIsNotFound() {
    assertThatThrownBy(() -> client.getActionResult(get().build()))
        .satisfies(hasStatus(Status.Code.NOT_FOUND));
  }

  @Test
  void aHitNeedsEveryReferencedBlob() {
    Digest inTree = write(random.next(10));
    Tree.Builder tree = Tree.newBuilder();
    tree.getRootBuilder().addFilesBuilder().setName("f").setDigest(Digests.toProto(inTree));
    ActionResult.Builder result = ActionResult.newBuilder();
    result
        .addOutputDirectoriesBuilder()
        .setTreeDigest(Digests.toProto(write(tree.build().toByteString())));
    client.updateActionResult(update(result.build()).build());
    assertThat(client.getActionResult(get().build())).isEqualTo(result.build());
    service.blobs.drop(INSTANCE, inTree);
    assertThatThrownBy(() -> client.getActionResult(get().build()))
        .satisfies(hasStatus(Status.Code.NOT_FOUND));
  }

  @Test
  void anUpdateThatRefersToAbsentBlobsNamesAllOfThem() {
    Digest stdout = DigestFunction.SHA256.digestOf(new byte[] {7});
    Digest file = DigestFunction.SHA256.digestOf(new byte[] {8});
    ActionResult.Builder result = withStdout(stdout).toBuilder();
    result.addOutputFilesBuilder().setPath("f").setDigest(Digests.toProto(file));
    assertThatThrownBy(() -> client.updateActionResult(update(result.build()).build()))
        .satisfies(hasStatus(Status.Code.FAILED_PRECONDITION))
        .satisfies(e -> {
          PreconditionFailure details =
              StatusProto.fromThrowable(e).getDetails(0).unpack(PreconditionFailure.class);
          assertThat(details.getViolationsList())
              .allMatch(violation -> violation.getType().equals("MISSING"))
              .extracting(PreconditionFailure.Violation::getSubject)
              .containsExactlyInAnyOrder("blobs/" + stdout, "blobs/" + file);
        });
    assertThatThrownBy(() -> client.getActionResult(get().build()))
        .satisfies(hasStatus(Status.Code.NOT_FOUND));
  }

  @Test
  void stdoutStderrAndNamedOutputFilesAreInlinedOnRequest() {
    ByteString stdout = random.next(100);
    ByteString stderr = random.next(200);
    ByteString file = random.next(300);
    ActionResult result =
        ActionResult.newBuilder()
            .setStdoutDigest(Digests.toProto(write(stdout)))
            .setStderrDigest(Digests.toProto(write(stderr)))
            .addOutputFiles(
                OutputFile.newBuilder().setPath("a").setDigest(Digests.toProto(write(file))))
            .addOutputFiles(
                OutputFile.newBuilder().setPath("b").setDigest(Digests.toProto(write(file))))
            .build();
    client.updateActionResult(update(result).build());
    ActionResult inlined =
        client.getActionResult(
            get().setInlineStdout(true).setInlineStderr(true).addInlineOutputFiles("b").build());
    ActionResult.Builder expected = result.toBuilder().setStdoutRaw(stdout).setStderrRaw(stderr);
    expected.getOutputFilesBuilder(1).setContents(file);
    assertThat(inlined).isEqualTo(expected.build());
    assertThat(client.getActionResult(get().build())).isEqualTo(result);
  }

  @Test
  void whatIsInlinedStaysWithinTheMessageLimit() {
    ActionResult result = withStdout(write(random.next(5_000_000)));
    client.updateActionResult(update(result).build());
    assertThat(client.getActionResult(get().setInlineStdout(true).build())).isEqualTo(result);
  }

  @Test
  void contentsThatAnUploaderAddsToADigestAreNotServed() {
    ByteString stdout = random.next(100);
    ActionResult result = withStdout(write(stdout));
    client.updateActionResult(
        update(result.toBuilder().setStdoutRaw(ByteString.copyFromUtf8("forged")).build()).build());
    assertThat(client.getActionResult(get().setInlineStdout(true).build()).getStdoutRaw())
        .isEqualTo(stdout);
  }

  @Test
  void aFailedResultIsTakenButNeverServed() {
    ActionResult failed = ActionResult.newBuilder().setExitCode(2).build();
    assertThat(client.updateActionResult(update(failed).build())).isEqualTo(failed);
    assertThatThrownBy(() -> client.getActionResult(get().build()))
        .satisfies(hasStatus(Status.Code.NOT_FOUND));
    service.results.put(INSTANCE, ACTION, failed, Provenance.UNKNOWN);
    assertThatThrownBy(() -> client.getActionResult(get().build()))
        .satisfies(hasStatus(Status.Code.NOT_FOUND));
  }

  @Test
  void aResultOfAnActionThatIsNotToBeCachedIsRefused() {
    Digest action = write(Action.newBuilder().setDoNotCache(true).build().toByteString());
    assertThatThrownBy(() ->
            client.updateActionResult(
                update(ActionResult.getDefaultInstance())
                    .setActionDigest(Digests.toProto(action))
                    .build()))
        .satisfies(hasStatus(Status.Code.INVALID_ARGUMENT))
        .hasMessageContaining("do_not_cache");
  }

  @Test
  void aKeyThatIsNoActionIsTaken() {
    Digest key = write(ByteString.copyFromUtf8("\u0007\u0007"));
    client.updateActionResult(
        update(ActionResult.getDefaultInstance()).setActionDigest(Digests.toProto(key)).build());
    assertThat(client.getActionResult(get().setActionDigest(Digests.toProto(key)).build()))
        .isEqualTo(ActionResult.getDefaultInstance());
  }

  @Test
  void eachEntryRecordsWhoWroteIt() {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of(
            "build.bazel.remote.execution.v2.requestmetadata-bin",
            ProtoUtils.metadataMarshaller(RequestMetadata.getDefaultInstance())),
        RequestMetadata.newBuilder().setToolInvocationId("build-7").build());
    ActionResult.Builder result = ActionResult.newBuilder();
    result.getExecutionMetadataBuilder().setWorker("worker-3");
    client
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .updateActionResult(update(result.build()).build());
    assertThat(service.results.provenance(INSTANCE, ACTION))
        .contains(new Provenance("", "", "worker-3", "build-7"));
  }

  @Test
  void malformedRequestsAreRefusedByField() {
    ActionResult.Builder result = ActionResult.newBuilder();
    result.addOutputDirectoriesBuilder().getTreeDigestBuilder().setHash("A".repeat(64));
    assertThatThrownBy(() -> client.updateActionResult(update(result.build()).build()))
        .satisfies(names("action_result.output_directories[0].tree_digest"));
    assertThatThrownBy(() ->
            client.updateActionResult(
                update(ActionResult.getDefaultInstance()).clearActionResult().build()))
        .satisfies(names("action_result"));
    assertThatThrownBy(() -> client.getActionResult(get().clearActionDigest().build()))
        .satisfies(names("action_digest"));
    assertThatThrownBy(() -> client.getActionResult(get().setDigestFunctionValue(4).build()))
        .satisfies(names("digest_function"));
    assertThatThrownBy(() -> client.getActionResult(get().setInstanceName("a//b").build()))
        .satisfies(names("instance_name"));
    assertThatThrownBy(() -> client.getActionResult(get().setInstanceName("other").build()))
        .satisfies(names("instance_name"));
  }

  @Test
  void anUnsetDigestFunctionFollowsFromTheHash() {
    Digest action = DigestFunction.SHA1.digestOf(new byte[] {1});
    UpdateActionResultRequest request =
        update(ActionResult.getDefaultInstance()).setActionDigest(Digests.toProto(action)).build();
    client.updateActionResult(request);
    assertThat(service.results.get(INSTANCE, action)).isPresent();
  }

  @Test
  void capabilitiesSayThatResultsMayBeStored() {
    assertThat(
            CapabilitiesGrpc.newBlockingStub(service.channel)
                .getCapabilities(
                    GetCapabilitiesRequest.newBuilder().setInstanceName("team").build())
                .getCacheCapabilities()
                .getActionCacheUpdateCapabilities()
                .getUpdateEnabled())
        .isTrue();
  }

  @Test
  void theCallersTeamAndTokenAreRecorded() {
    try (InProcessActionCache known =
        new InProcessActionCache(InstancePolicy.any(), new Caller("builders", "token-17"))) {
      ActionResult result = ActionResult.getDefaultInstance();
      assertThat(
              ActionCacheGrpc.newBlockingStub(known.channel)
                  .updateActionResult(update(result).build()))
          .isEqualTo(result);
      assertThat(known.results.provenance(INSTANCE, ACTION))
          .contains(new Provenance("builders", "token-17", "", ""));
    }
  }

  @Test
  void aReadOnlyCallerIsToldSoAndDenied() {
    try (InProcessActionCache readOnly =
        new InProcessActionCache(
            InstancePolicy.any().restrictedTo(CallerRights.readOnly(Set.of(INSTANCE))))) {
      CapabilitiesGrpc.CapabilitiesBlockingStub capabilities =
          CapabilitiesGrpc.newBlockingStub(readOnly.channel);
      for (String instance : List.of("team", "team/project", "other")) {
        assertThat(
                capabilities
                    .getCapabilities(
                        GetCapabilitiesRequest.newBuilder().setInstanceName(instance).build())
                    .getCacheCapabilities()
                    .getActionCacheUpdateCapabilities()
                    .getUpdateEnabled())
            .isEqualTo(instance.equals("other"));
      }
      ActionCacheBlockingStub reader = ActionCacheGrpc.newBlockingStub(readOnly.channel);
      ActionResult result = ActionResult.newBuilder().setExitCode(0).build();
      assertThatThrownBy(() -> reader.updateActionResult(update(result).build()))
          .satisfies(hasStatus(Status.Code.PERMISSION_DENIED));
      assertThatThrownBy(() -> reader.getActionResult(get().build()))
          .satisfies(hasStatus(Status.Code.NOT_FOUND));
    }
  }

  private static GetActionResultRequest.Builder get() {
    return GetActionResultRequest.newBuilder()
        .setInstanceName(INSTANCE.value())
        .setActionDigest(Digests.toProto(ACTION));
  }

  private static UpdateActionResultRequest.Builder update(ActionResult result) {
    return UpdateActionResultRequest.newBuilder()
        .setInstanceName(INSTANCE.value())
        .setActionDigest(Digests.toProto(ACTION))
        .setActionResult(result);
  }

  private static ActionResult withStdout(Digest stdout) {
    return ActionResult.newBuilder().setStdoutDigest(Digests.toProto(stdout)).build();
  }

  private Digest write(ByteString content) {
    return Blobs.write(service.blobs, INSTANCE, DigestFunction.SHA256, content);
  }

  private static ThrowingConsumer<Throwable> hasStatus(Status.Code code) {
    return e -> assertThat(((StatusRuntimeException) e).getStatus().getCode()).isEqualTo(code);
  }

  private static ThrowingConsumer<Throwable> names(String field) {
    return e -> {
      assertThat(e).satisfies(hasStatus(Status.Code.INVALID_ARGUMENT));
      BadRequest details = StatusProto.fromThrowable(e).getDetails(0).unpack(BadRequest.class);
      assertThat(details.getFieldViolationsList())
          .extracting(BadRequest.FieldViolation::getField)
          .isEqualTo(List.of(field));
    };
  }
}
