package dev.millrace.execution.scheduling;

import dev.millrace.instance.InstanceName;
import java.time.Instant;
import java.util.Comparator;
import java.util.UUID;

/**
 * An action that waits for a bot.
 *
 * @param priority lower runs earlier
 * @param queuedAt when it was accepted; a retry keeps its place
 * @param avoidedSession the bot session that failed the last attempt, or empty
 */
public record QueuedAction(
    UUID id,
    InstanceName instance,
    Requirements requirements,
    int priority,
    Instant queuedAt,
    String avoidedSession) {

  /** Who is served first among those who share nothing. */
  public static final Comparator<QueuedAction> ORDER =
      Comparator.comparingInt(QueuedAction::priority)
          .thenComparing(QueuedAction::queuedAt)
          .thenComparing(QueuedAction::id);

  Work work() {
    return new Work(instance, requirements);
  }

  boolean canRunOn(Offer offer) {
    return work().canRunOn(offer);
  }
}
