package dev.millrace.grpc.admission;

import dev.millrace.grpc.admission.Gate.Width;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * How much is let in.
 *
 * @param gates a width for each kind of call
 * @param patience how long a call waits for room before it is refused
 * @param requestBytes memory for requests that are arriving or being handled
 * @param answerBytes memory for answers that clients are slow to take
 * @param idleTimeout how long a call may wait for its client
 * @param crowdedIdleTimeout how long it may while others wait for its place
 * @param connections most connections that are served
 */
public record AdmissionLimits(
    Map<CallKind, Width> gates,
    Duration patience,
    long requestBytes,
    long answerBytes,
    Duration idleTimeout,
    Duration crowdedIdleTimeout,
    int connections) {

  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;

  /** The largest message, and with it the largest answer. */
  private static final long MESSAGE = 4352 * KIB;

  /** What an upload's client may send ahead, on top of what is counted. */
  private static final long WINDOW = MIB;

  /** What a stalled download leaves with the transport: a chunk beyond the threshold. */
  private static final long DOWNLOAD = 192 * KIB;

  /** To what a window that may grow does grow. */
  private static final long GROWN_WINDOW = 8 * MIB;

  /** The smallest budget in which the largest message fits at its heaviest. */
  public static final long LEAST_REQUEST_BYTES = 2 * 6 * MESSAGE;

  public AdmissionLimits {
    gates = Map.copyOf(gates);
    if (gates.size() != CallKind.values().length) {
      throw new IllegalArgumentException("a gate for each kind of call, not " + gates.keySet());
    }
    if (patience.isNegative() || patience.compareTo(Duration.ofMinutes(1)) > 0) {
      throw new IllegalArgumentException("patience: up to a minute, not " + patience);
    }
    if (requestBytes < LEAST_REQUEST_BYTES || answerBytes < MESSAGE) {
      throw new IllegalArgumentException(
          "request-bytes: at least %d, not %d; answer-bytes: at least %d, not %d"
              .formatted(LEAST_REQUEST_BYTES, requestBytes, MESSAGE, answerBytes));
    }
    if (crowdedIdleTimeout.compareTo(Duration.ofSeconds(1)) < 0
        || idleTimeout.compareTo(crowdedIdleTimeout) < 0) {
      throw new IllegalArgumentException(
          "crowded-idle-timeout: at least a second and at most idle-timeout, not "
              + crowdedIdleTimeout);
    }
    if (connections < 1) {
      throw new IllegalArgumentException("connections: at least one, not " + connections);
    }
  }

  /**
   * What fits into a process's memory, with room for everything else that it does. At 512 MiB of
   * each: 64 uploads, 341 downloads, 20 batches, 1,024 quick and 4,096 waiting calls.
   */
  public static AdmissionLimits forMemory(long heap, long direct) {
    Map<CallKind, Width> gates = new EnumMap<>(CallKind.class);
    int uploads = clamp(direct / 4 / (2 * WINDOW), 16, 512);
    int batches = clamp(Math.min(heap / 4, direct / 6) / MESSAGE, 4, 512);
    int downloads = clamp(direct / 8 / DOWNLOAD, 64, 4096);
    int quick = clamp(heap / (512 * KIB), 256, 8192);
    gates.put(CallKind.UPLOAD, new Width(uploads, uploads));
    gates.put(CallKind.DOWNLOAD, new Width(downloads, downloads));
    gates.put(CallKind.BATCH, new Width(batches, 4 * batches));
    gates.put(CallKind.QUICK, new Width(quick, quick));
    gates.put(CallKind.WAITING, new Width(clamp(heap / (128 * KIB), 1024, 100_000), 0));
    gates.put(CallKind.HEALTH, new Width(256, 256));
    return new AdmissionLimits(
        gates,
        Duration.ofSeconds(5),
        Math.max(heap / 4, LEAST_REQUEST_BYTES),
        Math.max(Math.min(heap, direct) / 8, 2 * MESSAGE),
        Duration.ofMinutes(5),
        Duration.ofSeconds(15),
        clamp(heap / (256 * KIB), 256, 20_000));
  }

  /** Whether windows may grow with bandwidth and delay: all that can be filled fit then. */
  public boolean roomForGrownWindows(long direct) {
    long fillable = 2L * width(CallKind.UPLOAD).calls() + width(CallKind.BATCH).calls();
    return fillable * GROWN_WINDOW <= direct / 2;
  }

  public Width width(CallKind kind) {
    return Objects.requireNonNull(gates.get(kind));
  }

  private static int clamp(long value, int least, int most) {
    return Math.clamp(value, least, most);
  }
}
