package dev.millrace.worker.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Digest;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.protobuf.Any;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import org.junit.jupiter.api.Test;

final class LeasePayloadHardeningTest {

  private static final InstanceName TEAM = new InstanceName("team");

  @Test
  void aLeaseIsForTheInstanceThatItNames() {
    assertThat(LeasePayload.orderOf(lease("team/project"), TEAM).instance())
        .isEqualTo(new InstanceName("team/project"));
    assertThat(LeasePayload.orderOf(lease("team"), TEAM).instance()).isEqualTo(TEAM);
    assertThat(LeasePayload.orderOf(lease("any"), InstanceName.ROOT).instance())
        .isEqualTo(new InstanceName("any"));
  }

  @Test
  void aLeaseThatNamesNoneIsForTheBotsOwn() {
    Lease lease = lease("x").toBuilder().clearRequirements().build();

    assertThat(LeasePayload.orderOf(lease, TEAM).instance()).isEqualTo(TEAM);
  }

  @Test
  void instancesBesideOrAboveTheBotsOwnAreRefused() {
    for (String other : new String[] {"", "teams", "other", "other/team"}) {
      assertThatThrownBy(() -> LeasePayload.orderOf(lease(other), TEAM))
          .isInstanceOf(Failure.InvalidRequest.class)
          .hasMessageContaining("not below 'team'");
    }
  }

  private static Lease lease(String instance) {
    Digest digest = Digests.toProto(DigestFunction.SHA256.digestOf(new byte[] {1}));
    return Lease.newBuilder()
        .setId("1")
        .setPayload(Any.pack(digest))
        .setRequirements(
            Worker.newBuilder()
                .addProperties(Worker.Property.newBuilder().setKey("instance").setValue(instance)))
        .build();
  }
}
