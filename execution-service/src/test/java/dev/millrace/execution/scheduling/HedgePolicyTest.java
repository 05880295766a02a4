package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.execution.scheduling.HedgePolicy.Run;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class HedgePolicyTest {

  private static final TypicalDuration TEN_SECONDS = typical(10, 10, 10, 10, 10);

  private final HedgePolicy policy = new HedgePolicy(2.5, Duration.ofSeconds(5));

  @Test
  void whatRunsFarPastItsLikeIsGivenToAnotherBotToo() {
    assertThat(policy.hedges(run(2, 0, 25), TEN_SECONDS)).isFalse();
    assertThat(policy.hedges(run(2, 0, 26), TEN_SECONDS)).isTrue();
  }

  @Test
  void onlyWhatSeveralWaitForIsWorthTwoSlots() {
    assertThat(policy.hedges(run(1, 0, 1000), TEN_SECONDS)).isFalse();
    assertThat(policy.hedges(run(0, 0, 1000), TEN_SECONDS)).isFalse();
  }

  @Test
  void itHappensOnce() {
    assertThat(policy.hedges(run(2, 1, 1000), TEN_SECONDS)).isFalse();
  }

  @Test
  void whatIsBriefIsLeftAlone() {
    TypicalDuration brief = typical(1, 1, 1, 1, 1);

    assertThat(policy.hedges(run(2, 0, 4), brief)).isFalse();
    assertThat(policy.hedges(run(2, 0, 5), brief)).isTrue();
  }

  @Test
  void withoutKnowingWhatIsTypicalNothingIsTooLong() {
    assertThat(policy.hedges(run(2, 0, 9999), TypicalDuration.UNKNOWN)).isFalse();
    assertThat(policy.hedges(run(2, 0, 9999), typical(1, 1, 1, 1))).isFalse();
  }

  @Test
  void oneThatHungDoesNotChangeWhatIsTypical() {
    TypicalDuration hung = typical(10, 10, 10, 10, 10, 10, 10, 10, 10, 3600);

    assertThat(hung.nineOfTen()).hasValue(Duration.ofSeconds(10));
    assertThat(typical(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).nineOfTen())
        .hasValue(Duration.ofSeconds(10));
  }

  @Test
  void whatWasTypicalLongAgoIsForgotten() {
    TypicalDuration typical = TypicalDuration.UNKNOWN;
    for (int i = 0; i < 100; i++) {
      typical = typical.with(Duration.ofSeconds(i < 50 ? 1 : 60));
    }

    assertThat(typical.nineOfTen()).hasValue(Duration.ofSeconds(60));
    assertThat(typical.recent()).hasSize(20);
  }

  @Test
  void actionsOfWhichNothingIsSaidAreLikeNoOther() {
    assertThat(new Likeness("", "CppCompile", "//a").isKnown()).isTrue();
    assertThat(new Likeness("", "", "//a").isKnown()).isFalse();
    assertThat(new Likeness("", "CppCompile", "").isKnown()).isFalse();
  }

  @Test
  void settingsAreChecked() {
    assertThatThrownBy(() -> new HedgePolicy(0.5, Duration.ZERO)).hasMessageContaining("times");
    assertThatThrownBy(() -> new HedgePolicy(Double.NaN, Duration.ZERO))
        .hasMessageContaining("times");
    assertThatThrownBy(() -> new HedgePolicy(2, Duration.ofSeconds(-1)))
        .hasMessageContaining("at-least");
    assertThatThrownBy(() -> typical(-1)).hasMessageContaining("negative");
  }

  private static Run run(int waiters, int hedges, int seconds) {
    return new Run(waiters, hedges, Duration.ofSeconds(seconds));
  }

  private static TypicalDuration typical(int... seconds) {
    return new TypicalDuration(IntStream.of(seconds).mapToObj(Duration::ofSeconds).toList());
  }
}
