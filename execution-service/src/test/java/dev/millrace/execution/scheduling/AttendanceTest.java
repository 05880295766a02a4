package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** On a clock of its own; a look is taken every second unless there is an outage. */
final class AttendanceTest {

  private static final Duration LIFE = Duration.ofSeconds(30);
  private static final Duration GAP = Duration.ofSeconds(5);

  private final ManualClock clock = ManualClock.standing();
  private final Attendance attendance = new Attendance(GAP);

  private Instant now() {
    return clock.instant();
  }

  private void attend(int seconds) {
    for (int i = 0; i < seconds; i++) {
      clock.advance(Duration.ofSeconds(1));
      attendance.looked(now(), now());
    }
  }

  private void outage(int seconds) {
    clock.advance(Duration.ofSeconds(seconds));
  }

  private Optional<Instant> lost() {
    return attendance.lostBy(LIFE, now());
  }

  @Test
  void nobodyIsLostBeforeTheFirstLook() {
    assertThat(lost()).isEmpty();
    outage(3600);
    assertThat(lost()).isEmpty();
  }

  @Test
  void whoWasThereBeforeTheProcessHasAWholeTimeFromTheFirstLookOn() {
    attend(30);
    assertThat(lost()).isEmpty();
    attend(1);
    assertThat(lost()).contains(now());
  }

  @Test
  void afterAnOutageEverybodyHasTheWholeTimeAgain() {
    attend(1000);
    Instant last = now();
    outage(40);
    assertThat(lost().orElseThrow()).isBefore(last.minus(LIFE).plusSeconds(1));
    attend(29);
    assertThat(lost().orElseThrow()).isBefore(last);
    attend(2);
    assertThat(lost()).contains(now());
  }

  @Test
  void anOutageShorterThanATimeIsNoDifferent() {
    attend(1000);
    Instant last = now();
    outage(6);
    attend(29);
    // Only who gave no sign for twice the time: 28 s since, and 32 s before.
    assertThat(lost()).contains(last.minusSeconds(32).plus(LIFE));
    attend(2);
    assertThat(lost()).contains(now());
  }

  @Test
  void aLateLookIsNoOutage() {
    attend(31);
    outage(5);
    attendance.looked(now(), now());
    assertThat(lost()).contains(now());
  }

  @Test
  void aLookThatTookLongIsAnOutage() {
    attend(1000);
    Instant begun = now();
    outage(20);
    attendance.looked(begun, now());
    assertThat(lost().orElseThrow()).isBefore(begun.minus(LIFE).plusSeconds(1));
    attend(30);
    assertThat(lost()).contains(now());
  }

  @Test
  void whereOutagesAreFrequentTheSilentAreLostNoneTheLess() {
    attend(100);
    Instant silentSince = now();
    Instant due = silentSince.plus(LIFE);
    int heard = 0;
    while (lost().map(by -> by.isBefore(due)).orElse(true)) {
      outage(10);
      attend(1);
      attend(10);
      heard += 10;
      assertThat(heard).isLessThanOrEqualTo(70);
    }
    assertThat(heard).isGreaterThanOrEqualTo(60);
  }

  @Test
  void whoCouldNotBeHeardForMoreThanTheirTimeIsNotLostHoweverOftenThatIsSo() {
    attend(100);
    for (int i = 0; i < 200; i++) {
      Instant due = now().plus(LIFE);
      outage(60);
      attend(20);
      assertThat(lost().map(by -> by.isBefore(due)).orElse(true)).isTrue();
    }
  }
}
