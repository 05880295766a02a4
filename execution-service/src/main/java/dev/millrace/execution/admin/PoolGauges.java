package dev.millrace.execution.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * What autoscalers and dashboards read of pools, as it was when it was last looked up; every
 * replica tells the same. Pools that nobody has or asks for any more are no longer shown.
 */
public final class PoolGauges {

  private final Supplier<List<PoolLoad>> loads;
  private final List<Reading> readings;

  /**
   * @param loads looks them up, all at once
   * @param bound the most workers that are ever desired of a pool
   */
  public PoolGauges(MeterRegistry registry, Supplier<List<PoolLoad>> loads, long bound) {
    this.loads = loads;
    this.readings =
        List.of(
            reading(
                registry,
                "desired.workers",
                "Workers that would leave nothing waiting",
                load -> load.desiredWorkers(bound)),
            reading(registry, "queued.actions", "Actions that wait", PoolLoad::queued),
            reading(
                registry, "executing.actions", "Actions that workers have", PoolLoad::executing),
            reading(registry, "connected.workers", "Workers that are there", PoolLoad::connected));
  }

  /** One number of every pool. */
  private record Reading(MultiGauge gauge, ToDoubleFunction<PoolLoad> value) {
    void take(List<PoolLoad> loads) {
      gauge.register(
          loads.stream()
              .<MultiGauge.Row<?>>map(load ->
                  MultiGauge.Row.of(Tags.of(Pool.PROPERTY, load.pool()), value.applyAsDouble(load)))
              .toList(),
          /* overwrite= */ true);
    }
  }

  private static Reading reading(
      MeterRegistry registry, String name, String description, ToDoubleFunction<PoolLoad> value) {
    MultiGauge gauge =
        MultiGauge.builder("millrace.execution." + name)
            .description(description)
            .register(registry);
    return new Reading(gauge, value);
  }

  public void refresh() {
    List<PoolLoad> now = loads.get();
    readings.forEach(reading -> reading.take(now));
  }
}
