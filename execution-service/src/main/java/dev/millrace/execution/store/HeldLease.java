package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.instance.InstanceName;
import java.time.Instant;
import java.util.UUID;

/**
 * A lease that a bot holds or is to hold.
 *
 * @param instance whose blobs the action reads and writes
 * @param function the function that all digests of the action are of
 * @param action what to run, with the time-out that holds for it
 * @param expiresAt when it counts as lost unless it is reported
 * @param takes what it takes of the worker
 */
public record HeldLease(
    UUID id,
    State state,
    InstanceName instance,
    DigestFunction function,
    Action action,
    Instant expiresAt,
    Resources takes) {

  /** How far the bot is with it. */
  public enum State {
    /** Offered, not yet taken up. */
    PENDING,
    /** Taken up. */
    ACTIVE,
    /** To be stopped. */
    CANCELLED
  }
}
