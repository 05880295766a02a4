package dev.millrace.actioncache.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actions.api.InProcessActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ActionCacheContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The client's side against the service's own. */
final class RemoteActionCacheTest extends ActionCacheContract {

  private static final InstanceName INSTANCE = new InstanceName("team");
  private static final Digest ACTION = DigestFunction.SHA256.digestOf(new byte[] {1});

  private final InProcessActionCache service = new InProcessActionCache();
  private final ActionCache cache = new RemoteActionCache(service.channel);

  @Override
  protected ActionCache cache() {
    return cache;
  }

  @AfterEach
  void closeTheService() {
    service.close();
  }

  @Test
  void theInvocationAndTheWorkerReachTheOtherSide() {
    ActionResult.Builder result = ActionResult.newBuilder();
    result.getExecutionMetadataBuilder().setWorker("worker-3");
    cache.put(INSTANCE, ACTION, result.build(), new Provenance("", "", "worker-3", "build-7"));
    assertThat(service.results.provenance(INSTANCE, ACTION))
        .contains(new Provenance("", "", "worker-3", "build-7"));
  }

  @Test
  void missingBlobsComeBackAsTheyWereFound() {
    Digest sha256 = DigestFunction.SHA256.digestOf(new byte[] {2});
    Digest other = DigestFunction.SHA256.digestOf(new byte[] {3});
    ActionResult result =
        ActionResult.newBuilder()
            .setStdoutDigest(Digests.toProto(sha256))
            .setStderrDigest(Digests.toProto(other))
            .build();
    assertThatThrownBy(() -> cache.put(INSTANCE, ACTION, result, Provenance.UNKNOWN))
        .isInstanceOfSatisfying(
            Failure.BlobsMissing.class,
            f -> assertThat(f.digests()).containsExactlyInAnyOrder(sha256, other));
  }

  @Test
  void missingBlobsOfAFunctionThatIsNamedComeBackToo() {
    Digest action = DigestFunction.BLAKE3.digestOf(new byte[] {1});
    Digest stdout = DigestFunction.BLAKE3.digestOf(new byte[] {2});
    ActionResult result =
        ActionResult.newBuilder().setStdoutDigest(Digests.toProto(stdout)).build();
    assertThatThrownBy(() -> cache.put(INSTANCE, action, result, Provenance.UNKNOWN))
        .isInstanceOfSatisfying(
            Failure.BlobsMissing.class, f -> assertThat(f.digests()).containsExactly(stdout));
  }

  @Test
  void aRefusedRequestNamesTheField() {
    ActionResult.Builder result = ActionResult.newBuilder();
    result.addOutputFilesBuilder().getDigestBuilder().setHash("none");
    assertThatThrownBy(() -> cache.put(INSTANCE, ACTION, result.build(), Provenance.UNKNOWN))
        .isInstanceOfSatisfying(
            Failure.InvalidRequest.class,
            f -> assertThat(f.field()).isEqualTo("action_result.output_files[0].digest"))
        .hasMessageContainingAll("64 hexadecimal characters");
  }

  @Test
  void aServiceThatIsGoneIsUnavailableAndNotAbsence() {
    service.close();
    assertThatThrownBy(() -> cache.get(INSTANCE, ACTION)).isInstanceOf(Failure.Unavailable.class);
  }
}
