package dev.millrace.execution.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class PoolGaugesTest {

  private static PoolLoad load(long queued, long executing, long leaving, double slots) {
    return new PoolLoad("p", queued, executing, leaving, 1, slots);
  }

  @Test
  void asManyWorkersAreDesiredAsHaveTheSlots() {
    assertThat(load(0, 0, 0, 4).desiredWorkers(100)).isZero();
    assertThat(load(1, 0, 0, 4).desiredWorkers(100)).isOne();
    assertThat(load(4, 4, 0, 4).desiredWorkers(100)).isEqualTo(2);
    assertThat(load(5, 4, 0, 4).desiredWorkers(100)).isEqualTo(3);
    assertThat(load(7, 0, 0, 2.5).desiredWorkers(100)).isEqualTo(3);
  }

  @Test
  void whatRunsOnDrainedWorkersNeedsNobodyInTheirPlace() {
    assertThat(load(0, 8, 8, 4).desiredWorkers(100)).isZero();
    assertThat(load(4, 8, 4, 4).desiredWorkers(100)).isEqualTo(2);
  }

  @Test
  void moreThanTheBoundIsNeverDesired() {
    assertThat(load(1_000_000, 0, 0, 1).desiredWorkers(100)).isEqualTo(100);
  }

  @Test
  void everyPoolHasItsGaugesForAsLongAsThereIsSuchAPool() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    AtomicReference<List<PoolLoad>> loads =
        new AtomicReference<>(
            List.of(new PoolLoad("default", 7, 2, 1, 3, 4), new PoolLoad("gpu", 1, 0, 0, 0, 1)));
    PoolGauges gauges = new PoolGauges(registry, loads::get, 100);
    gauges.refresh();

    assertThat(value(registry, "desired.workers", "default")).isEqualTo(2);
    assertThat(value(registry, "queued.actions", "default")).isEqualTo(7);
    assertThat(value(registry, "executing.actions", "default")).isEqualTo(2);
    assertThat(value(registry, "connected.workers", "default")).isEqualTo(3);
    assertThat(value(registry, "desired.workers", "gpu")).isEqualTo(1);

    loads.set(List.of(new PoolLoad("default", 0, 0, 0, 1, 4)));
    gauges.refresh();
    assertThat(value(registry, "desired.workers", "default")).isZero();
    assertThat(registry.find("millrace.execution.desired.workers").tag("pool", "gpu").gauge())
        .isNull();
  }

  private static double value(SimpleMeterRegistry registry, String name, String pool) {
    Gauge gauge = registry.get("millrace.execution." + name).tag("pool", pool).gauge();
    return gauge.value();
  }
}
