package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.INSTANCE;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.DigestFunction.Value;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import com.google.protobuf.ByteString;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.testing.RandomBlobs;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is promised of digest functions: that each can be enabled, alone as well, and then works.
 */
@OnEveryBackend
final class DigestFunctionsTest {

  private final BackendKind kind;
  private final ByteString blob = RandomBlobs.seeded().next(10_000);

  DigestFunctionsTest(BackendKind kind) {
    this.kind = kind;
  }

  @Test
  void withoutConfigurationTheseAreEnabled() throws Exception {
    try (Cas cas = new Cas(kind.make())) {
      assertThat(
              cas.capabilities()
                  .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
                  .getCacheCapabilities()
                  .getDigestFunctionsList())
          .containsExactly(
              Value.SHA256,
              Value.BLAKE3,
              Value.SHA1,
              Value.SHA384,
              Value.SHA512,
              Value.SHA256TREE,
              Value.GITSHA1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFunctionThatIsEnabledIsToldAndWorksInEveryCall(DigestFunction function) throws Exception {
    DigestFunctionPolicy alone = new DigestFunctionPolicy(List.of(function));
    try (Cas cas = new Cas(kind.make(), alone)) {
      assertThat(
              cas.capabilities()
                  .getCapabilities(GetCapabilitiesRequest.getDefaultInstance())
                  .getCacheCapabilities()
                  .getDigestFunctionsList())
          .containsExactly(Digests.toProto(function));
      Digest streamed = function.digestOf(blob.toByteArray());
      String upload = INSTANCE.prefix() + "uploads/" + UUID.randomUUID() + "/blobs/" + streamed;
      assertThat(cas.write().send(upload, 0, blob, true).committed()).isEqualTo(10_000);
      assertThat(cas.read(INSTANCE.prefix() + "blobs/" + streamed, 0, 0)).isEqualTo(blob);
      ByteString other = blob.substring(1);
      Digest batched = function.digestOf(other.toByteArray());
      BatchUpdateBlobsRequest.Builder update =
          BatchUpdateBlobsRequest.newBuilder()
              .setInstanceName(INSTANCE.value())
              .setDigestFunction(Digests.toProto(function));
      update.addRequestsBuilder().setDigest(Digests.toProto(batched)).setData(other);
      assertThat(
              cas.storage().batchUpdateBlobs(update.build()).getResponses(0).getStatus().getCode())
          .isZero();
      assertThat(
              cas.storage()
                  .batchReadBlobs(
                      BatchReadBlobsRequest.newBuilder()
                          .setInstanceName(INSTANCE.value())
                          .setDigestFunction(Digests.toProto(function))
                          .addDigests(Digests.toProto(batched))
                          .build())
                  .getResponses(0)
                  .getData())
          .isEqualTo(other);
      assertThat(
              cas.storage()
                  .findMissingBlobs(
                      FindMissingBlobsRequest.newBuilder()
                          .setInstanceName(INSTANCE.value())
                          .setDigestFunction(Digests.toProto(function))
                          .addBlobDigests(Digests.toProto(batched))
                          .addBlobDigests(Digests.toProto(streamed))
                          .addBlobDigests(Digests.toProto(function.digestOf(new byte[0])))
                          .build())
                  .getMissingBlobDigestsList())
          .isEmpty();
    }
  }
}
