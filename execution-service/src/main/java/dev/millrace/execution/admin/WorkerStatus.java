package dev.millrace.execution.admin;

import dev.millrace.execution.scheduling.Offer;
import java.time.Instant;
import java.util.List;

/**
 * A worker that has a session, and what it does.
 *
 * @param session the session's name
 * @param drained whether it is given nothing new, on an operator's order
 * @param capacity how many actions it runs at once
 * @param seenAt when it last spoke to any replica
 */
public record WorkerStatus(
    String session,
    String bot,
    Presence presence,
    boolean drained,
    int capacity,
    Offer offer,
    Instant seenAt,
    List<Occupation> work) {

  public WorkerStatus {
    work = List.copyOf(work);
  }

  /** Whether a worker is there. */
  public enum Presence {
    /** Takes work. */
    READY,
    /** Says itself that it takes none, being unhealthy, about to start or about to end. */
    NOT_READY,
    /** Was not heard of for so long that it counts as lost. */
    AWAY
  }

  /**
   * An action that a worker has.
   *
   * @param action hash and size of it
   * @param operations the names under which clients wait for it
   * @param state PENDING until the worker took it up, then ACTIVE, or CANCELLED if it is to stop
   */
  public record Occupation(
      String action,
      List<String> operations,
      String state,
      Instant since,
      String tool,
      String invocation,
      String target,
      String mnemonic) {

    public Occupation {
      operations = List.copyOf(operations);
    }
  }
}
