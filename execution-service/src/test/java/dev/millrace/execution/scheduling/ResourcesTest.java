package dev.millrace.execution.scheduling;

import static dev.millrace.execution.scheduling.MatchingTest.offer;
import static dev.millrace.execution.scheduling.MatchingTest.requirements;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ResourcesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "2, 2000",
    "0.5, 500",
    "0.0001, 1",
    "1k, 1000000",
    "1.5M, 1500000000",
    "1Ki, 1024000",
    "4Gi, 4294967296000",
    "2T, 2000000000000000"
  })
  void amountsAreReadInThousandths(String text, long thousandths) {
    assertThat(Amount.thousandths(text, 1)).hasValue(thousandths);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-1",
        "+1",
        "many",
        "1 ",
        "1e9",
        "1.",
        ".5",
        "1i",
        "4GB",
        "9999999999999999",
        "999999999999999T",
        "１"
      })
  void whatIsNoAmountOrBeyondAllMeasureIsNone(String text) {
    assertThat(Amount.thousandths(text, 1)).isEmpty();
  }

  @Test
  void whatRunsIsTakenOfWhatThereIs() {
    Resources all = offer("resource:cpus=4 resource:memory=1G gpu=a").resources();
    Resources some = requirements("resource:cpus=1.5").resources();

    assertThat(all.minus(some))
        .isEqualTo(offer("resource:cpus=2.5 resource:memory=1G").resources());
    assertThat(all.minus(some).plus(some)).isEqualTo(all);
    assertThat(all.minus(Resources.NONE)).isEqualTo(all);
    assertThat(all.minus(some).cover(requirements("resource:cpus=2.5").resources())).isTrue();
    assertThat(all.minus(some).cover(requirements("resource:cpus=2.6").resources())).isFalse();
  }

  @Test
  void aWorkerThatOffersLessThanRunsThereHasNothingLeft() {
    Resources less = offer("resource:cpus=1").resources();

    assertThat(less.minus(requirements("resource:cpus=3 resource:x=1").resources()))
        .isEqualTo(new Resources(Map.of("resource:cpus", 0L)));
  }

  @Test
  void sumsBeyondAllMeasureStayThere() {
    Resources most = new Resources(Map.of("resource:x", Long.MAX_VALUE));

    assertThat(most.plus(most)).isEqualTo(most);
  }

  @Test
  void nothingIsLessThanNothing() {
    assertThatThrownBy(() -> new Resources(Map.of("resource:cpus", -1L)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
