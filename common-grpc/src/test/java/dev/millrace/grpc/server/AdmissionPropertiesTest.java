package dev.millrace.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.grpc.admission.AdmissionLimits;
import dev.millrace.grpc.admission.CallKind;
import dev.millrace.grpc.admission.Gate.Width;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

final class AdmissionPropertiesTest {

  private static final long MEMORY = 512L * 1024 * 1024;

  @Test
  void nothingNeedsToBeSet() {
    assertThat(limits(Map.of())).isEqualTo(AdmissionLimits.forMemory(MEMORY, MEMORY));
  }

  @Test
  void whatIsSetReplacesWhatFollowsFromMemory() {
    AdmissionLimits limits =
        limits(
            Map.of(
                "uploads", "7",
                "batches", "3",
                "waiting-calls", "9",
                "request-bytes", "100MB",
                "idle-timeout", "1h",
                "connections", "12"));
    assertThat(limits.width(CallKind.UPLOAD)).isEqualTo(new Width(7, 7));
    assertThat(limits.width(CallKind.BATCH)).isEqualTo(new Width(3, 12));
    assertThat(limits.width(CallKind.WAITING)).isEqualTo(new Width(9, 0));
    assertThat(limits.requestBytes()).isEqualTo(100L * 1024 * 1024);
    assertThat(limits.idleTimeout()).isEqualTo(Duration.ofHours(1));
    assertThat(limits.connections()).isEqualTo(12);
  }

  @Test
  void whatCannotWorkIsRefused() {
    assertThatThrownBy(() -> limits(Map.of("uploads", "0")))
        .hasStackTraceContaining("at least one call");
    assertThatThrownBy(() -> limits(Map.of("request-bytes", "1MB")))
        .hasStackTraceContaining("request-bytes");
    assertThatThrownBy(() -> limits(Map.of("idle-timeout", "1s")))
        .hasStackTraceContaining("crowded-idle-timeout");
    assertThatThrownBy(() -> limits(Map.of("patience", "1h"))).hasStackTraceContaining("patience");
    assertThatThrownBy(() -> limits(Map.of("resets", "1"))).hasStackTraceContaining("resets");
  }

  private static AdmissionLimits limits(Map<String, String> settings) {
    MapConfigurationPropertySource source = new MapConfigurationPropertySource();
    settings.forEach((name, value) -> source.put("millrace.grpc.admission." + name, value));
    return new Binder(source)
        .bindOrCreate("millrace.grpc.admission", AdmissionProperties.class)
        .limits(MEMORY, MEMORY);
  }
}
