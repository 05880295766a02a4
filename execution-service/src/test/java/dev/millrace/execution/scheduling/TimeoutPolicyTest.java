package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.failure.Failure.InvalidRequest;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TimeoutPolicyTest {

  private final TimeoutPolicy policy =
      new TimeoutPolicy(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofMinutes(5));

  @Test
  void actionsGetWhatTheyAskForUpToTheMaximum() {
    assertThat(policy.of(Optional.empty())).isEqualTo(Duration.ofMinutes(1));
    assertThat(policy.of(Optional.of(Duration.ofHours(1)))).isEqualTo(Duration.ofHours(1));
    assertThatThrownBy(() -> policy.of(Optional.of(Duration.ofHours(1).plusMillis(1))))
        .isInstanceOf(InvalidRequest.class)
        .hasMessageContaining("action.timeout");
    assertThatThrownBy(() -> policy.of(Optional.of(Duration.ofSeconds(-1))))
        .isInstanceOf(InvalidRequest.class);
  }

  @Test
  void botsMayTakeTimeForTransfersBeyondIt() {
    assertThat(policy.holdLimit(Duration.ofMinutes(1))).isEqualTo(Duration.ofMinutes(6));
  }

  @Test
  void theDefaultLiesWithinTheMaximum() {
    assertThatThrownBy(
            () -> new TimeoutPolicy(Duration.ofHours(2), Duration.ofHours(1), Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
