package dev.millrace.execution.scheduling;

import java.util.Map;
import java.util.UUID;

/**
 * Which bots are known to hold inputs of which actions, so that they need not fetch them. A guess
 * is good enough: what it says wrongly costs a transfer.
 *
 * @param bytes for an action, how many bytes of its inputs a session's bot holds
 */
public record Locality(Map<UUID, Map<String, Long>> bytes) {

  /** Nobody is known to hold anything. */
  public static final Locality UNKNOWN = new Locality(Map.of());

  public Locality {
    bytes = Map.copyOf(bytes);
  }

  Map<String, Long> of(UUID action) {
    return bytes.getOrDefault(action, Map.of());
  }
}
