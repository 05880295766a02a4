package dev.millrace.execution.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.execution.scheduling.Offer;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class WorkerPatternTest {

  private static final InstanceName TEAM = new InstanceName("team/project");
  private static final Offer LINUX =
      new Offer(TEAM, Map.of("OSFamily", Set.of("linux"), "rack", Set.of("7", "north")));

  @Test
  void allPartsHaveToMatch() {
    assertThat(new WorkerPattern("team/*", "bot-?", "rack=n*").matches(TEAM, "bot-1", LINUX))
        .isTrue();
    assertThat(new WorkerPattern("other/*", "bot-?", "rack=n*").matches(TEAM, "bot-1", LINUX))
        .isFalse();
    assertThat(new WorkerPattern("team/*", "bot-?", "rack=n*").matches(TEAM, "bot-10", LINUX))
        .isFalse();
    assertThat(new WorkerPattern("team/*", "bot-?", "rack=s*").matches(TEAM, "bot-1", LINUX))
        .isFalse();
    assertThat(WorkerPattern.ALL.matches(InstanceName.ROOT, "b", new Offer(TEAM, Map.of())))
        .isTrue();
  }

  @Test
  void whatIsNotSaidMatchesAnythingAndTheEmptyInstanceIsTheRoot() {
    assertThat(WorkerPattern.of(null, "bot", null).matches(TEAM, "bot", LINUX)).isTrue();
    assertThat(WorkerPattern.of("", null, null).matches(TEAM, "bot", LINUX)).isFalse();
    assertThat(WorkerPattern.of("", null, null).matches(InstanceName.ROOT, "bot", LINUX)).isTrue();
  }

  @Test
  void aWorkerThatNamesNoPoolIsInTheDefaultOne() {
    WorkerPattern pattern = new WorkerPattern("*", "*", "pool=default");

    assertThat(pattern.matches(TEAM, "bot", LINUX)).isTrue();
    assertThat(pattern.matches(TEAM, "bot", new Offer(TEAM, Map.of("pool", Set.of(""))))).isTrue();
    assertThat(pattern.matches(TEAM, "bot", new Offer(TEAM, Map.of("pool", Set.of("gpu")))))
        .isFalse();
  }

  @Test
  void patternsThatSayNothingOrTooMuchAreRefused() {
    assertThatThrownBy(() -> WorkerPattern.of(null, null, null))
        .isInstanceOf(Failure.InvalidRequest.class);
    for (String property : new String[] {"", "rack", "=7"}) {
      assertThatThrownBy(() -> new WorkerPattern("*", "*", property))
          .isInstanceOf(Failure.InvalidRequest.class);
    }
    assertThatThrownBy(() -> new WorkerPattern("*", "", "*"))
        .isInstanceOf(Failure.InvalidRequest.class);
    assertThatThrownBy(() -> new WorkerPattern("*", "x".repeat(1_001), "*"))
        .isInstanceOf(Failure.InvalidRequest.class);
  }

  @Test
  void globsAgreeWithRegularExpressions() {
    long seed = System.nanoTime();
    System.out.println("WorkerPatternTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 20_000; i++) {
      String glob = word(random, "ab*?");
      String text = word(random, "ab");
      boolean expected = Pattern.matches(glob.replace("*", ".*").replace('?', '.'), text);
      assertThat(new Glob(glob).matches(text))
          .as("seed %d, glob '%s', text '%s'", seed, glob, text)
          .isEqualTo(expected);
    }
  }

  private static String word(SplittableRandom random, String letters) {
    StringBuilder word = new StringBuilder();
    for (int left = random.nextInt(9); left > 0; left--) {
      word.append(letters.charAt(random.nextInt(letters.length())));
    }
    return word.toString();
  }

  @Test
  void aPatternMadeToBeSlowIsNot() {
    assertThat(new Glob("*a".repeat(500) + "b").matches("a".repeat(10_000))).isFalse();
  }
}
