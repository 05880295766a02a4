package dev.millrace.grpc.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AdmissionLimitsTest {

  private static final long MIB = 1024 * 1024;

  /** All that every gate and budget let clients fill at once. */
  @ParameterizedTest
  @ValueSource(longs = {256, 512, 1024, 4096, 65536})
  void whatCanBeFilledOutsideOfTheHeapFits(long mib) {
    long memory = mib * MIB;
    AdmissionLimits limits = AdmissionLimits.forMemory(memory, memory);
    long window = MIB;
    long message = 4352 * 1024;
    long uploads = 2L * limits.width(CallKind.UPLOAD).calls() * window;
    long batches = limits.width(CallKind.BATCH).calls() * message;
    long downloads = limits.width(CallKind.DOWNLOAD).calls() * 192L * 1024;
    long requests = limits.requestBytes() / 2;
    assertThat(uploads + batches + downloads + requests + limits.answerBytes())
        .isLessThanOrEqualTo(memory);
  }

  @Test
  void clientsHaveTheRoomThatTheyCountOn() {
    AdmissionLimits limits = AdmissionLimits.forMemory(512 * MIB, 512 * MIB);
    assertThat(limits.width(CallKind.UPLOAD).calls()).isEqualTo(64);
    assertThat(limits.width(CallKind.DOWNLOAD).calls()).isEqualTo(341);
    assertThat(limits.width(CallKind.BATCH).calls()).isEqualTo(20);
    assertThat(limits.width(CallKind.QUICK).calls()).isEqualTo(1024);
    assertThat(limits.width(CallKind.WAITING).calls()).isEqualTo(4096);
  }

  @Test
  void windowsGrowOnlyWhereThereIsRoomForIt() {
    assertThat(AdmissionLimits.forMemory(512 * MIB, 512 * MIB).roomForGrownWindows(512 * MIB))
        .isFalse();
    long large = 64 * 1024 * MIB;
    assertThat(AdmissionLimits.forMemory(large, large).roomForGrownWindows(large)).isTrue();
  }

  @Test
  void limitsThatCannotWorkAreRefused() {
    AdmissionLimits usual = AdmissionLimits.forMemory(512 * MIB, 512 * MIB);
    assertThatThrownBy(() -> new Gate.Width(0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> with(usual, Map.of(), usual.patience(), usual.requestBytes()))
        .hasMessageContaining("gate");
    assertThatThrownBy(() -> with(usual, usual.gates(), Duration.ofHours(1), usual.requestBytes()))
        .hasMessageContaining("patience");
    assertThatThrownBy(() -> with(usual, usual.gates(), usual.patience(), MIB))
        .hasMessageContaining("request-bytes");
  }

  private static AdmissionLimits with(
      AdmissionLimits usual,
      Map<CallKind, Gate.Width> gates,
      Duration patience,
      long requestBytes) {
    return new AdmissionLimits(
        gates,
        patience,
        requestBytes,
        usual.answerBytes(),
        usual.idleTimeout(),
        usual.crowdedIdleTimeout(),
        usual.connections());
  }
}
