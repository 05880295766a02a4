package dev.millrace.execution.store;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what nobody will end otherwise: lost and overdue leases, unwatched operations, old records.
 * Any number of replicas may sweep at once.
 */
public final class Sweeper {

  private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

  private final OperationStore operations;
  private final LeaseStore leases;
  private final SessionStore sessions;
  private final Clock clock;
  private final Limits limits;
  private final Instant startedAt;

  /**
   * How long things last.
   *
   * @param grace how long an operation lives on with nobody who follows it
   * @param retention how long a finished operation can be asked for
   * @param memoryOfWorkers how long a worker that is gone stays known
   */
  public record Limits(Duration grace, Duration retention, Duration memoryOfWorkers) {}

  public Sweeper(
      OperationStore operations,
      LeaseStore leases,
      SessionStore sessions,
      Clock clock,
      Limits limits) {
    this.operations = operations;
    this.leases = leases;
    this.sessions = sessions;
    this.clock = clock;
    this.limits = limits;
    this.startedAt = clock.instant();
  }

  public void sweep() {
    Instant now = clock.instant();
    int expired = leases.expire();
    int overdue = leases.endOverdue();
    // After an outage callers get the chance to come back before anything counts as unwatched.
    int stopped = now.isBefore(startedAt.plus(limits.grace())) ? 0 : operations.stopUnwatched();
    int forgotten = operations.forgetCompletedBefore(now.minus(limits.retention()));
    int unseen = sessions.forgetUnseenSince(now.minus(limits.memoryOfWorkers()));
    if (expired + overdue + stopped + unseen > 0) {
      log.info(
          "Ended {} lost and {} overdue leases and {} unwatched actions, forgot {} runs and {}"
              + " workers",
          expired,
          overdue,
          stopped,
          forgotten,
          unseen);
    }
  }
}
