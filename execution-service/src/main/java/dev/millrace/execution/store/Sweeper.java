package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Attendance;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what nobody will end otherwise: lost and overdue leases, unwatched operations, old records.
 * Any number of replicas may sweep at once. Nothing counts as lost, unwatched or old for the time
 * of an outage: a sweep that fails has not taken place.
 */
public final class Sweeper {

  private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

  private final OperationStore operations;
  private final LeaseStore leases;
  private final SessionStore sessions;
  private final Clock clock;
  private final Limits limits;
  private final Attendance attendance;

  /**
   * How long things last.
   *
   * @param expiry how long a lease lasts without being reported
   * @param grace how long an operation lives on with nobody who follows it
   * @param retention how long a finished operation can be asked for
   * @param memoryOfWorkers how long a worker that is gone stays known
   */
  public record Limits(
      Duration expiry, Duration grace, Duration retention, Duration memoryOfWorkers) {}

  /**
   * @param attendance when bots and callers could report; kept up by the sweeps
   */
  public Sweeper(
      OperationStore operations,
      LeaseStore leases,
      SessionStore sessions,
      Clock clock,
      Limits limits,
      Attendance attendance) {
    this.operations = operations;
    this.leases = leases;
    this.sessions = sessions;
    this.clock = clock;
    this.limits = limits;
    this.attendance = attendance;
  }

  public void sweep() {
    Instant begun = clock.instant();
    // Where nobody counts as lost, it is still seen that the database answers.
    Instant bots = attendance.lostBy(limits.expiry(), begun).orElse(Instant.EPOCH);
    Instant callers = attendance.lostBy(limits.grace(), begun).orElse(Instant.EPOCH);
    int expired = leases.expire(bots);
    int overdue = leases.endOverdue(bots);
    int stopped = operations.stopUnwatched(callers);
    int forgotten = operations.forgetCompletedBefore(callers.minus(limits.retention()));
    int unseen = sessions.forgetUnseenSince(bots.minus(limits.memoryOfWorkers()));
    attendance.looked(begun, clock.instant());
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
