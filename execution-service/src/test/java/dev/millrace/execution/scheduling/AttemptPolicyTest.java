package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Racing;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class AttemptPolicyTest {

  private static final UUID LEASE = new UUID(1, 1);

  private final AttemptPolicy policy = new AttemptPolicy(3);

  @Test
  void anActionIsGivenUpOnceItFailedOftenEnough() {
    assertThat(policy.givesUp(new Executing(2, LEASE))).isFalse();
    assertThat(policy.givesUp(new Executing(3, LEASE))).isTrue();
    assertThat(policy.givesUp(new Executing(4, LEASE))).isTrue();
  }

  @Test
  void whatAnotherBotStillRunsIsNotGivenUp() {
    OperationState racing = new Racing(3, LEASE, new UUID(2, 2));

    assertThat(policy.givesUp(racing)).isFalse();
  }

  @Test
  void itSaysHowManyWorkersFailedAndWhyTheLastDid() {
    assertThat(
            policy.givenUp(
                List.of(
                    new FailedAttempt("w0", "long ago"),
                    new FailedAttempt("w1", "lost"),
                    new FailedAttempt("w2", "no disk"),
                    new FailedAttempt("w1", "lost again"))))
        .isEqualTo(
            "given up after 4 attempt(s) on 3 different worker(s); the last: lost again (w1);"
                + " before that: no disk (w2); before that: lost (w1)");
  }

  @Test
  void nothingIsGivenUpWithoutAnAttempt() {
    assertThatThrownBy(() -> policy.givenUp(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AttemptPolicy(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
