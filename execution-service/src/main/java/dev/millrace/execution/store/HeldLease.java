package dev.millrace.execution.store;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * A lease that a bot holds or is to hold.
 *
 * @param timeout how long the command may run
 * @param expiresAt when it counts as lost unless it is reported
 */
public record HeldLease(
    UUID id,
    State state,
    InstanceName instance,
    Digest action,
    Duration timeout,
    Instant expiresAt) {

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
