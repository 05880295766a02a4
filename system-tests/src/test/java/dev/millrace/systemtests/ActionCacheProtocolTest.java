package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionCacheGrpc;
import build.bazel.remote.execution.v2.ActionCacheGrpc.ActionCacheBlockingStub;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.GetActionResultRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.OutputFile;
import build.bazel.remote.execution.v2.RequestMetadata;
import build.bazel.remote.execution.v2.Tree;
import build.bazel.remote.execution.v2.UpdateActionResultRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.PreconditionFailure;
import dev.millrace.action.Provenance;
import dev.millrace.actions.store.ResultSelection;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.inheriting.InheritingBlobStore;
import dev.millrace.cas.backend.Backend;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.request.Caller;
import dev.millrace.grpc.request.CallerRights;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import dev.millrace.testing.TestDatabase;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What the protocol page promises of ActionCache, in PostgreSQL, with blobs on each back end. */
@OnEveryBackend
final class ActionCacheProtocolTest {

  private static final InstanceName INSTANCE = new InstanceName("team/project");
  private static final DataSource DATABASE = TestDatabase.create();

  /** What a result can refer to, itself or through something that it refers to. */
  private enum Reference {
    OUTPUT_FILE,
    STDOUT,
    STDERR,
    TREE,
    FILE_IN_THE_ROOT_OF_A_TREE,
    FILE_BELOW_THE_ROOT_OF_A_TREE,
    ROOT_DIRECTORY,
    FILE_IN_A_ROOT_DIRECTORY,
    DIRECTORY_BELOW_A_ROOT_DIRECTORY,
    FILE_BELOW_A_ROOT_DIRECTORY
  }

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Backend backend;
  private final BlobStore blobs;
  private final ActionCacheService service;
  private final ActionCacheBlockingStub client;
  private final Map<Reference, ByteString> contents = new EnumMap<>(Reference.class);
  private final ActionResult complete = resultThatRefersToEverything();
  private final Digest action = digest(random.next(50));

  ActionCacheProtocolTest(BackendKind kind) {
    backend = kind.make();
    blobs = new EmptyProvidingBlobStore(new InheritingBlobStore(backend.store()));
    service = new ActionCacheService(DATABASE, blobs, backend.clock(), InstancePolicy.any());
    client = ActionCacheGrpc.newBlockingStub(service.channel);
  }

  @AfterEach
  void close() {
    service.close();
    assertThat(service.conformance.violations()).isEmpty();
    backend.close();
    int unused = JdbcClient.create(DATABASE).sql("truncate actioncache.results").update();
  }

  @Test
  void aResultWithAllOfItsBlobsIsAHit() {
    contents.values().forEach(this::write);
    assertThat(client.updateActionResult(update(complete))).isEqualTo(complete);
    assertThat(client.getActionResult(get().build())).isEqualTo(complete);
    fails(
        Status.Code.NOT_FOUND,
        () -> client.getActionResult(get().setActionDigest(proto(random.next(9))).build()));
  }

  @ParameterizedTest
  @EnumSource
  void aHitNeedsEveryReferencedBlob(Reference absent) {
    writeAllBut(absent);
    service.rows.put(INSTANCE, action, complete, Provenance.UNKNOWN);
    fails(Status.Code.NOT_FOUND, () -> client.getActionResult(get().build()));
    write(contents.get(absent));
    assertThat(client.getActionResult(get().build())).isEqualTo(complete);
  }

  @ParameterizedTest
  @EnumSource
  void anUpdateWithoutOneReferencedBlobNamesIt(Reference absent) {
    writeAllBut(absent);
    assertThat(missing(complete)).containsExactly(subject(contents.get(absent)));
    fails(Status.Code.NOT_FOUND, () -> client.getActionResult(get().build()));
  }

  @Test
  void anUpdateNamesAllAbsentBlobsAtOnce() {
    Set<Reference> followed =
        Set.of(
            Reference.TREE, Reference.ROOT_DIRECTORY, Reference.DIRECTORY_BELOW_A_ROOT_DIRECTORY);
    followed.forEach(reference -> write(contents.get(reference)));
    Set<Reference> rest = new LinkedHashSet<>(contents.keySet());
    rest.removeAll(followed);
    assertThat(missing(complete))
        .containsExactlyInAnyOrderElementsOf(
            rest.stream().map(contents::get).map(ActionCacheProtocolTest::subject).toList());
  }

  @Test
  void aHitExtendsTheLifeOfEveryReferencedBlob() {
    contents.values().forEach(this::write);
    Digest unused = write(random.next(20_000));
    client.updateActionResult(update(complete));
    backend.outlive(() -> assertThat(client.getActionResult(get().build())).isEqualTo(complete));
    assertThat(contents.values())
        .allSatisfy(content ->
            assertThat(Blobs.read(blobs, INSTANCE, digest(content), content.size()))
                .isEqualTo(content));
    assertThat(blobs.findMissing(INSTANCE, Set.of(unused)))
        .as("others are collected")
        .containsExactly(unused);
  }

  @Test
  void stdoutStderrAndTheNamedOutputFilesAreInlinedOnRequest() {
    contents.values().forEach(this::write);
    ByteString other = random.next(300);
    ActionResult result = complete.toBuilder().addOutputFiles(file("other", write(other))).build();
    client.updateActionResult(update(result));
    ActionResult inlined =
        client.getActionResult(
            get()
                .setInlineStdout(true)
                .setInlineStderr(true)
                .addInlineOutputFiles("out")
                .addInlineOutputFiles("no such file")
                .build());
    ActionResult.Builder expected =
        result.toBuilder()
            .setStdoutRaw(contents.get(Reference.STDOUT))
            .setStderrRaw(contents.get(Reference.STDERR));
    expected.getOutputFilesBuilder(0).setContents(contents.get(Reference.OUTPUT_FILE));
    assertThat(inlined).isEqualTo(expected.build());
    assertThat(client.getActionResult(get().build())).isEqualTo(result);
  }

  @Test
  void whatIsInlinedStaysWithinTheMessageLimit() {
    ByteString stdout = random.next(2_000_000);
    ByteString stderr = random.next(2_000_000);
    ByteString small = random.next(1000);
    ActionResult result =
        ActionResult.newBuilder()
            .setStdoutDigest(Digests.toProto(write(stdout)))
            .setStderrDigest(Digests.toProto(write(stderr)))
            .addOutputFiles(file("small", write(small)))
            .build();
    client.updateActionResult(update(result));
    ActionResult inlined =
        client.getActionResult(
            get()
                .setInlineStdout(true)
                .setInlineStderr(true)
                .addInlineOutputFiles("small")
                .build());
    assertThat(inlined.getStdoutRaw()).isEqualTo(stdout);
    assertThat(inlined.getStderrRaw()).as("left to be fetched").isEmpty();
    assertThat(inlined.getStderrDigest()).isEqualTo(result.getStderrDigest());
    assertThat(inlined.getOutputFiles(0).getContents()).isEqualTo(small);
    assertThat(inlined.getSerializedSize()).isLessThan(ActionCacheService.MAX_MESSAGE_BYTES);
  }

  @Test
  void theResultOfAnActionThatIsNotToBeCachedIsNeverAHit() {
    ByteString uncached = Action.newBuilder().setDoNotCache(true).build().toByteString();
    build.bazel.remote.execution.v2.Digest key = Digests.toProto(write(uncached));
    fails(
        Status.Code.INVALID_ARGUMENT,
        () ->
            client.updateActionResult(
                update(ActionResult.getDefaultInstance()).toBuilder()
                    .setActionDigest(key)
                    .build()));
    fails(Status.Code.NOT_FOUND, () -> client.getActionResult(get().setActionDigest(key).build()));
  }

  @Test
  void theResultOfAFailedActionIsNeverAHit() {
    ActionResult failed = ActionResult.newBuilder().setExitCode(1).build();
    assertThat(client.updateActionResult(update(failed))).isEqualTo(failed);
    fails(Status.Code.NOT_FOUND, () -> client.getActionResult(get().build()));
    service.rows.put(INSTANCE, action, failed, Provenance.UNKNOWN);
    fails(Status.Code.NOT_FOUND, () -> client.getActionResult(get().build()));
  }

  @Test
  void anEntryRecordsItsWriterAndIsRevokedByAnyOfThatInBulk() {
    for (ResultSelection selection :
        List.of(
            by("builders", null, null, null),
            by(null, "token-17", null, null),
            by(null, null, "worker-3", null),
            by(null, null, null, "build-7"))) {
      Digest kept = updatedBy(new Caller("others", "token-1"), "worker-1", "build-1");
      List<Digest> revoked =
          List.of(
              updatedBy(new Caller("builders", "token-17"), "worker-3", "build-7"),
              updatedBy(new Caller("builders", "token-17"), "worker-3", "build-7"));
      assertThat(service.revocations.count(selection)).isEqualTo(2);
      assertThat(service.revocations.revoke(selection)).isEqualTo(2);
      for (Digest gone : revoked) {
        fails(Status.Code.NOT_FOUND, () -> client.getActionResult(getOf(gone)));
      }
      assertThat(client.getActionResult(getOf(kept)).getExecutionMetadata().getWorker())
          .isEqualTo("worker-1");
    }
  }

  @Test
  void entriesAreRevokedByTheTimeTheyWereWrittenAt() {
    Digest before = updatedBy(Caller.UNKNOWN, "", "");
    backend.clock().advance(Duration.ofMinutes(1));
    Instant from = backend.clock().instant();
    Digest meant = updatedBy(Caller.UNKNOWN, "", "");
    backend.clock().advance(Duration.ofMinutes(1));
    Instant until = backend.clock().instant();
    Digest after = updatedBy(Caller.UNKNOWN, "", "");
    assertThat(
            service.revocations.revoke(
                new ResultSelection(null, null, null, null, null, from, until)))
        .isEqualTo(1);
    fails(Status.Code.NOT_FOUND, () -> client.getActionResult(getOf(meant)));
    assertThat(client.getActionResult(getOf(before))).isNotNull();
    assertThat(client.getActionResult(getOf(after))).isNotNull();
  }

  @Test
  void whoMayOnlyReadIsToldSoAndDenied() {
    InstancePolicy policy =
        InstancePolicy.any().restrictedTo(CallerRights.readOnly(Set.of(INSTANCE)));
    try (ActionCacheService readOnly =
        new ActionCacheService(DATABASE, blobs, backend.clock(), policy)) {
      assertThat(
              CapabilitiesGrpc.newBlockingStub(readOnly.channel)
                  .getCapabilities(
                      GetCapabilitiesRequest.newBuilder().setInstanceName(INSTANCE.value()).build())
                  .getCacheCapabilities()
                  .getActionCacheUpdateCapabilities()
                  .getUpdateEnabled())
          .isFalse();
      contents.values().forEach(this::write);
      client.updateActionResult(update(complete));
      ActionCacheBlockingStub reader = ActionCacheGrpc.newBlockingStub(readOnly.channel);
      assertThat(reader.getActionResult(get().build())).isEqualTo(complete);
      fails(Status.Code.PERMISSION_DENIED, () -> reader.updateActionResult(update(complete)));
    }
  }

  private ActionResult resultThatRefersToEverything() {
    for (Reference reference : Reference.values()) {
      contents.put(reference, random.next(100));
    }
    Tree.Builder tree = Tree.newBuilder();
    Directory child = directoryOf(Reference.FILE_BELOW_THE_ROOT_OF_A_TREE);
    tree.setRoot(parent(directoryOf(Reference.FILE_IN_THE_ROOT_OF_A_TREE), child));
    tree.addChildren(child);
    contents.put(Reference.TREE, tree.build().toByteString());
    Directory below = directoryOf(Reference.FILE_BELOW_A_ROOT_DIRECTORY);
    Directory root = parent(directoryOf(Reference.FILE_IN_A_ROOT_DIRECTORY), below);
    contents.put(Reference.DIRECTORY_BELOW_A_ROOT_DIRECTORY, below.toByteString());
    contents.put(Reference.ROOT_DIRECTORY, root.toByteString());
    ActionResult.Builder result =
        ActionResult.newBuilder()
            .setStdoutDigest(proto(contents.get(Reference.STDOUT)))
            .setStderrDigest(proto(contents.get(Reference.STDERR)))
            .addOutputFiles(file("out", digest(contents.get(Reference.OUTPUT_FILE))));
    result
        .addOutputDirectoriesBuilder()
        .setPath("tree")
        .setTreeDigest(proto(contents.get(Reference.TREE)));
    result
        .addOutputDirectoriesBuilder()
        .setPath("directory")
        .setRootDirectoryDigest(proto(contents.get(Reference.ROOT_DIRECTORY)));
    return result.build();
  }

  private Directory directoryOf(Reference file) {
    Directory.Builder directory = Directory.newBuilder();
    directory.addFilesBuilder().setName("file").setDigest(proto(contents.get(file)));
    return directory.build();
  }

  private static Directory parent(Directory directory, Directory child) {
    Directory.Builder parent = directory.toBuilder();
    parent.addDirectoriesBuilder().setName("child").setDigest(proto(child.toByteString()));
    return parent.build();
  }

  private static OutputFile file(String path, Digest digest) {
    return OutputFile.newBuilder().setPath(path).setDigest(Digests.toProto(digest)).build();
  }

  private void writeAllBut(Reference absent) {
    contents.forEach((reference, content) -> {
      if (reference != absent) {
        write(content);
      }
    });
  }

  private Digest write(ByteString content) {
    return Blobs.write(blobs, INSTANCE, DigestFunction.SHA256, content);
  }

  private Digest updatedBy(Caller caller, String worker, String invocation) {
    Digest key = digest(random.next(30));
    ActionResult.Builder result = ActionResult.newBuilder();
    result.getExecutionMetadataBuilder().setWorker(worker);
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of(
            "build.bazel.remote.execution.v2.requestmetadata-bin",
            ProtoUtils.metadataMarshaller(RequestMetadata.getDefaultInstance())),
        RequestMetadata.newBuilder().setToolInvocationId(invocation).build());
    service.authenticateAs(caller);
    ActionResult unused =
        client
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .updateActionResult(
                update(result.build()).toBuilder().setActionDigest(Digests.toProto(key)).build());
    return key;
  }

  private static ResultSelection by(
      @Nullable String team,
      @Nullable String token,
      @Nullable String worker,
      @Nullable String invocation) {
    return new ResultSelection(null, team, token, worker, invocation, null, null);
  }

  /** The subjects that an update is refused with. */
  private List<String> missing(ActionResult result) {
    Throwable refused =
        org.assertj.core.api.Assertions.catchThrowable(
            () -> client.updateActionResult(update(result)));
    assertThat(Status.fromThrowable(refused).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    try {
      List<PreconditionFailure.Violation> violations =
          StatusProto.fromThrowable(refused)
              .getDetails(0)
              .unpack(PreconditionFailure.class)
              .getViolationsList();
      assertThat(violations).allMatch(violation -> violation.getType().equals("MISSING"));
      return violations.stream().map(PreconditionFailure.Violation::getSubject).toList();
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private GetActionResultRequest.Builder get() {
    return getOf(action).toBuilder();
  }

  private static GetActionResultRequest getOf(Digest action) {
    return GetActionResultRequest.newBuilder()
        .setInstanceName(INSTANCE.value())
        .setActionDigest(Digests.toProto(action))
        .build();
  }

  private UpdateActionResultRequest update(ActionResult result) {
    return UpdateActionResultRequest.newBuilder()
        .setInstanceName(INSTANCE.value())
        .setActionDigest(Digests.toProto(action))
        .setActionResult(result)
        .build();
  }

  private static void fails(Status.Code code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .satisfies(e -> assertThat(Status.fromThrowable(e).getCode()).isEqualTo(code));
  }

  private static String subject(ByteString content) {
    return "blobs/" + digest(content);
  }

  private static build.bazel.remote.execution.v2.Digest proto(ByteString content) {
    return Digests.toProto(digest(content));
  }

  private static Digest digest(ByteString content) {
    return DigestFunction.SHA256.digestOf(content.toByteArray());
  }
}
