package dev.millrace.grpc.server;

import dev.millrace.grpc.admission.Admission;
import dev.millrace.grpc.admission.ByteBudget;
import dev.millrace.grpc.admission.CallKind;
import dev.millrace.grpc.admission.Connections;
import dev.millrace.grpc.admission.Gate;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** Who is inside, who had to stay outside, and how much of the room is taken. */
final class AdmissionMetrics implements MeterBinder {

  private final Admission admission;

  AdmissionMetrics(Admission admission) {
    this.admission = admission;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (CallKind kind : CallKind.values()) {
      bind(registry, kind.property(), admission.gate(kind));
    }
    bind(registry, "request-bytes", admission.requests());
    bind(registry, "answer-bytes", admission.answers());
    Gauge.builder("millrace.grpc.connections", admission.connections(), Connections::open)
        .description("Open connections")
        .register(registry);
  }

  private static void bind(MeterRegistry registry, String name, Gate gate) {
    Gauge.builder("millrace.grpc.admission.calls", gate, Gate::inside)
        .description("Calls inside of a gate")
        .tag("gate", name)
        .register(registry);
    Gauge.builder("millrace.grpc.admission.waiting", gate, Gate::waiting)
        .description("Calls that wait for their turn at a gate")
        .tag("gate", name)
        .register(registry);
    FunctionCounter.builder("millrace.grpc.admission.admitted", gate, Gate::admitted)
        .description("Calls let in")
        .tag("gate", name)
        .register(registry);
    FunctionCounter.builder("millrace.grpc.admission.refused", gate, Gate::refused)
        .description("Calls refused for want of room")
        .tag("gate", name)
        .register(registry);
  }

  private static void bind(MeterRegistry registry, String name, ByteBudget budget) {
    Gauge.builder("millrace.grpc.admission.used", budget, ByteBudget::used)
        .description("Memory taken of a budget")
        .baseUnit("bytes")
        .tag("budget", name)
        .register(registry);
    Gauge.builder("millrace.grpc.admission.capacity", budget, ByteBudget::capacity)
        .description("All of a budget's memory")
        .baseUnit("bytes")
        .tag("budget", name)
        .register(registry);
    FunctionCounter.builder("millrace.grpc.admission.refused", budget, ByteBudget::refused)
        .description("Calls refused for want of room")
        .tag("gate", name)
        .register(registry);
  }
}
