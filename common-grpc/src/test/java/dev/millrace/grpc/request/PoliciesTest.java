package dev.millrace.grpc.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PoliciesTest {

  @Test
  void anyWellFormedInstanceIsServedUnlessSomeAreListed() {
    assertThat(InstancePolicy.any().require("a/b")).isEqualTo(new InstanceName("a/b"));
    assertThat(InstancePolicy.any().require("")).isEqualTo(InstanceName.ROOT);
    assertThatThrownBy(() -> InstancePolicy.any().require("a//b"))
        .isInstanceOf(Failure.InvalidRequest.class);
  }

  @Test
  void onlyListedInstancesAreServed() {
    InstancePolicy policy = InstancePolicy.only(Set.of(new InstanceName("a")));
    assertThat(policy.require("a")).isEqualTo(new InstanceName("a"));
    for (String other : List.of("", "b", "a/b")) {
      assertThatThrownBy(() -> policy.require(other))
          .isInstanceOfSatisfying(
              Failure.InvalidRequest.class, f -> assertThat(f.field()).isEqualTo("instance_name"));
    }
  }

  @Test
  void whatCallersMayDoIsWhatAllRightsAllow() {
    InstanceName team = new InstanceName("team");
    InstancePolicy policy =
        InstancePolicy.any()
            .restrictedTo(CallerRights.readOnly(Set.of(team)))
            .restrictedTo((right, instance) -> right != Right.AC_WRITE);
    for (String readOnly : List.of("team", "team/project")) {
      assertThat(policy.require(readOnly)).isEqualTo(new InstanceName(readOnly));
      assertThatThrownBy(() -> policy.require(readOnly, Right.CAS_WRITE))
          .isInstanceOf(Failure.Denied.class)
          .hasMessageContaining("cas.write")
          .hasMessageContaining(readOnly);
    }
    for (String open : List.of("", "teams", "other/team")) {
      assertThat(policy.require(open, Right.CAS_WRITE)).isEqualTo(new InstanceName(open));
      assertThatThrownBy(() -> policy.require(open, Right.AC_WRITE))
          .isInstanceOf(Failure.Denied.class);
    }
    assertThat(policy.allows(Right.CAS_WRITE, InstanceName.ROOT)).isTrue();
    assertThat(
            InstancePolicy.any()
                .restrictedTo(CallerRights.readOnly())
                .allows(Right.LOG_WRITE, InstanceName.ROOT))
        .isFalse();
  }

  @Test
  void onlyEnabledFunctionsAreServed() {
    DigestFunctionPolicy policy = new DigestFunctionPolicy(List.of(DigestFunction.SHA256));
    assertThat(policy.require(1, "")).isEqualTo(DigestFunction.SHA256);
    assertThat(policy.require(0, "a".repeat(64))).isEqualTo(DigestFunction.SHA256);
    assertThatThrownBy(() -> policy.require(DigestFunction.BLAKE3.number(), ""))
        .isInstanceOf(Failure.InvalidRequest.class);
    assertThatThrownBy(
            () -> policy.check(new Digest(DigestFunction.MD5, "a".repeat(32), 1), "digest"))
        .isInstanceOfSatisfying(
            Failure.InvalidRequest.class, f -> assertThat(f.field()).isEqualTo("digest"));
  }

  @Test
  void thereIsAtLeastOneFunctionAndNoneTwice() {
    assertThatThrownBy(() -> new DigestFunctionPolicy(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new DigestFunctionPolicy(List.of(DigestFunction.SHA1, DigestFunction.SHA1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
