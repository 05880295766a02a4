package dev.millrace.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.bench.client.EndpointException;
import dev.millrace.bench.workload.Workload.Unit;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class FiguresTest {

  private static Sample sample(long operations, long bytes, long cpuMillis) {
    return new Sample(
        operations,
        bytes,
        Duration.ofSeconds(2),
        Duration.ofMillis(operations),
        Duration.ofMillis(3 * operations),
        Optional.of(Duration.ofMillis(cpuMillis)));
  }

  @Test
  void mediansAreTakenOverRounds() {
    Figures figures =
        Figures.of(
            Unit.OPERATIONS, List.of(sample(10, 1, 100), sample(1000, 1, 200), sample(20, 1, 10)));
    assertThat(figures.throughput()).isEqualTo(10);
    assertThat(figures.p50Millis()).isEqualTo(20);
    assertThat(figures.p99Millis()).isEqualTo(60);
    // 10, 0.2 and 0.5 seconds a thousand.
    assertThat(figures.cpu()).hasValue(0.5);
  }

  @Test
  void bytesCountForLargeBlobs() {
    Figures figures =
        Figures.of(
            Unit.BYTES, List.of(sample(1, 2_000_000_000, 500), sample(1, 1_000_000_000, 500)));
    assertThat(figures.throughput()).isEqualTo(750_000_000);
    assertThat(figures.cpu()).hasValue((0.25 + 0.5) / 2);
  }

  @Test
  void cpuIsUnknownWithoutAProcess() {
    Sample unseen =
        new Sample(1, 1, Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO, Optional.empty());
    assertThat(Figures.of(Unit.BYTES, List.of(unseen, sample(1, 1, 1))).cpu()).isEmpty();
  }

  @Test
  void percentilesAreOfTheOperations() {
    Latencies latencies = new Latencies();
    for (int i = 5000; i > 0; i--) {
      latencies.add(i);
    }
    assertThat(latencies.percentile(0.5)).isEqualTo(Duration.ofNanos(2500));
    assertThat(latencies.percentile(0.99)).isEqualTo(Duration.ofNanos(4950));
    assertThat(latencies.percentile(1)).isEqualTo(Duration.ofNanos(5000));
  }

  @Test
  void aRoundCountsWhatEndedAndFailsWithWhatFailed() {
    Sample sample =
        Round.run(
            number -> CompletableFuture.supplyAsync(() -> 5L),
            3,
            Duration.ofMillis(20),
            Optional.of(ServerProcess.of(ProcessHandle.current().pid())));
    assertThat(sample.operations()).isPositive();
    assertThat(sample.bytes()).isEqualTo(5 * sample.operations());
    assertThat(sample.cpu()).isPresent();
    assertThatThrownBy(() ->
            Round.run(
                number ->
                    number < 10
                        ? CompletableFuture.supplyAsync(() -> 5L)
                        : CompletableFuture.failedFuture(new IllegalStateException("broken")),
                3,
                Duration.ofSeconds(20),
                Optional.empty()))
        .isInstanceOf(EndpointException.class)
        .hasMessageContaining("broken");
  }

  @Test
  void cpuTicksAreReadBehindAnyProcessName() {
    String[] fields = new String[50];
    Arrays.fill(fields, "7");
    fields[11] = "30";
    fields[12] = "12";
    assertThat(ServerProcess.ticks("42 (a ) b (c) " + String.join(" ", fields))).isEqualTo(42);
  }

  @Test
  void memoryOfThisProcessIsSeen() {
    assertThat(ServerProcess.of(ProcessHandle.current().pid()).peakMemory().orElse(0))
        .isGreaterThan(1_000_000);
  }
}
