package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.INSTANCE;
import static dev.millrace.cas.api.Cas.fails;
import static io.grpc.Status.Code.PERMISSION_DENIED;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.SpliceBlobRequest;
import build.bazel.remote.execution.v2.SplitBlobRequest;
import com.google.protobuf.ByteString;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.request.CallerRights;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.testing.RandomBlobs;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is promised of callers that may only read. */
@OnEveryBackend
final class ReadOnlyCallerTest {

  private final Cas cas;
  private final ByteString blob = RandomBlobs.seeded().next(1000);
  private final Digest digest = Cas.digest(blob);

  ReadOnlyCallerTest(BackendKind kind) {
    cas =
        new Cas(
            kind.make(),
            InstancePolicy.any().restrictedTo(CallerRights.readOnly(Set.of(INSTANCE))));
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @Test
  void everyWriteIsDeniedEvenOfWhatIsThere() {
    writesAreDenied();
    assertThat(cas.has(digest)).isFalse();
    cas.put(blob);
    writesAreDenied();
  }

  @Test
  void readingIsAllowed() {
    cas.put(blob);
    assertThat(cas.read(Cas.blob(digest), 0, 0)).isEqualTo(blob);
    assertThat(cas.query(Cas.upload(digest)).getComplete()).isTrue();
    assertThat(
            cas.storage()
                .findMissingBlobs(
                    FindMissingBlobsRequest.newBuilder()
                        .setInstanceName(INSTANCE.value())
                        .addBlobDigests(Digests.toProto(digest))
                        .build())
                .getMissingBlobDigestsList())
        .isEmpty();
    assertThat(
            cas.storage()
                .splitBlob(
                    SplitBlobRequest.newBuilder()
                        .setInstanceName(INSTANCE.value())
                        .setBlobDigest(Digests.toProto(digest))
                        .build())
                .getChunkDigestsList())
        .containsExactly(Digests.toProto(digest));
  }

  @Test
  void otherInstancesAreNotConcerned() {
    String other = "another/uploads/9d1a9d5e-7c6e-4a8e-9b1f-0c6f5a4d3e2b/blobs/" + digest;
    assertThat(cas.write().send(other, 0, blob, true).committed()).isEqualTo(1000);
  }

  private void writesAreDenied() {
    fails(PERMISSION_DENIED, () -> cas.write().send(Cas.upload(digest), 0, blob, true).committed());
    BatchUpdateBlobsRequest.Builder update =
        BatchUpdateBlobsRequest.newBuilder().setInstanceName(INSTANCE.value());
    update.addRequestsBuilder().setDigest(Digests.toProto(digest)).setData(blob);
    fails(PERMISSION_DENIED, () -> cas.storage().batchUpdateBlobs(update.build()));
    fails(
        PERMISSION_DENIED,
        () ->
            cas.storage()
                .spliceBlob(
                    SpliceBlobRequest.newBuilder()
                        .setInstanceName(INSTANCE.value())
                        .setBlobDigest(Digests.toProto(digest))
                        .addChunkDigests(Digests.toProto(digest))
                        .build()));
  }
}
