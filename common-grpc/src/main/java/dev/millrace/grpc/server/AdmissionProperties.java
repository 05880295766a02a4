package dev.millrace.grpc.server;

import dev.millrace.grpc.admission.AdmissionLimits;
import dev.millrace.grpc.admission.CallKind;
import dev.millrace.grpc.admission.Gate.Width;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What an operator can set of {@link AdmissionLimits}. What is not set follows from the process's
 * memory.
 *
 * @param uploads most calls that send content in many messages; as many again may wait
 * @param downloads most calls that are sent content in many messages; as many again may wait
 * @param batches most calls with content in one message; four times as many may wait
 * @param quickCalls most other calls that are answered at once; as many again may wait
 * @param waitingCalls most calls that wait for something to happen
 * @param healthChecks most health checks at once
 * @param connections most connections that are served
 * @param requestBytes memory for requests that are arriving or being handled
 * @param answerBytes memory for answers that clients are slow to take
 * @param patience how long a call waits for room before it is refused
 * @param idleTimeout how long a call may wait for its client
 * @param crowdedIdleTimeout how long it may while there is no more room for its kind
 * @param resets most streams that a client may reset within ten seconds on one connection; it
 *     resets those that are answered before it has sent everything, refusals among them
 */
@ConfigurationProperties(prefix = "millrace.grpc.admission")
public record AdmissionProperties(
    @Nullable Integer uploads,
    @Nullable Integer downloads,
    @Nullable Integer batches,
    @Nullable Integer quickCalls,
    @Nullable Integer waitingCalls,
    @Nullable Integer healthChecks,
    @Nullable Integer connections,
    @Nullable DataSize requestBytes,
    @Nullable DataSize answerBytes,
    @DefaultValue("5s") Duration patience,
    @DefaultValue("5m") Duration idleTimeout,
    @DefaultValue("15s") Duration crowdedIdleTimeout,
    @DefaultValue("10000") int resets) {

  public AdmissionProperties {
    if (resets < 1000) {
      throw new IllegalArgumentException(
          "resets: at least 1000, as that many calls may be refused at once, not " + resets);
    }
  }

  AdmissionLimits limits(long heap, long direct) {
    AdmissionLimits usual = AdmissionLimits.forMemory(heap, direct);
    Map<CallKind, Width> gates = new EnumMap<>(CallKind.class);
    usual.gates().forEach((kind, width) -> gates.put(kind, width(kind, width)));
    return new AdmissionLimits(
        gates,
        patience,
        bytes(requestBytes, usual.requestBytes()),
        bytes(answerBytes, usual.answerBytes()),
        idleTimeout,
        crowdedIdleTimeout,
        Optional.ofNullable(connections).orElse(usual.connections()));
  }

  private Width width(CallKind kind, Width usual) {
    Integer calls =
        switch (kind) {
          case UPLOAD -> uploads;
          case DOWNLOAD -> downloads;
          case BATCH -> batches;
          case QUICK -> quickCalls;
          case WAITING -> waitingCalls;
          case HEALTH -> healthChecks;
        };
    return calls == null
        ? usual
        : new Width(calls, Math.toIntExact((long) calls * usual.waiting() / usual.calls()));
  }

  private static long bytes(@Nullable DataSize set, long usual) {
    return set == null ? usual : set.toBytes();
  }
}
