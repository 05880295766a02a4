package dev.millrace.grpc.admission;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/** The gates, the budgets, and what is answered where there is no room. One of it a process. */
public final class Admission {

  private final AdmissionLimits limits;
  private final Map<CallKind, Gate> gates = new EnumMap<>(CallKind.class);
  private final Map<CallKind, Refusal> refusals = new EnumMap<>(CallKind.class);
  private final ByteBudget requests;
  private final ByteBudget answers;
  private final Connections connections;
  private final OpenCalls openCalls;
  private final Refusal idle =
      Refusal.unavailable("the client neither sent nor took anything for too long", "idle-timeout");
  private final Refusal tooManyBytes =
      Refusal.exhausted("too much is being received at once", "request-bytes");
  private final Refusal tooManyConnections =
      Refusal.exhausted("too many connections", "connections");

  public Admission(AdmissionLimits limits, LongSupplier nanoTime) {
    this.limits = limits;
    limits
        .gates()
        .forEach((kind, width) -> {
          gates.put(kind, new Gate(width, limits.patience()));
          refusals.put(
              kind,
              Refusal.exhausted(
                  "too many " + kind.property().replace('-', ' ') + " at once", kind.property()));
        });
    requests = new ByteBudget(limits.requestBytes());
    answers = new ByteBudget(limits.answerBytes());
    connections = new Connections(limits.connections());
    openCalls = new OpenCalls(this, nanoTime);
  }

  public Gate gate(CallKind kind) {
    return Objects.requireNonNull(gates.get(kind));
  }

  Refusal refusal(CallKind kind) {
    return Objects.requireNonNull(refusals.get(kind));
  }

  /** Memory for requests, from their first byte until they have been handled. */
  public ByteBudget requests() {
    return requests;
  }

  /** Memory for answers, until their clients have taken them. */
  public ByteBudget answers() {
    return answers;
  }

  public Connections connections() {
    return connections;
  }

  public OpenCalls openCalls() {
    return openCalls;
  }

  Refusal idle() {
    return idle;
  }

  Refusal tooManyBytes() {
    return tooManyBytes;
  }

  Refusal tooManyConnections() {
    return tooManyConnections;
  }

  Duration patience() {
    return limits.patience();
  }

  /** How long a call of this kind may wait for its client, as things are. */
  Duration idleTimeout(CallKind kind) {
    boolean crowded = gate(kind).isFull() || requests.isCrowded() || answers.isCrowded();
    return crowded ? limits.crowdedIdleTimeout() : limits.idleTimeout();
  }
}
