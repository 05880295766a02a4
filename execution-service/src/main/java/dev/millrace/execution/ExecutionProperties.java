package dev.millrace.execution;

import dev.millrace.execution.api.Priorities;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.Attendance;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.Sweeper;
import dev.millrace.execution.workers.PollTiming;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What an operator can choose about execution.
 *
 * @param defaultTimeout how long a command may run that does not say
 * @param maxTimeout what actions may ask for at most
 * @param transferAllowance what a worker may take beyond the time-out for inputs and outputs
 * @param maxAttempts how often an action is tried when workers are lost over it
 * @param lowestPriority the most urgent priority that callers may ask for; not above 0
 * @param highestPriority the least urgent one; not below 0
 * @param botExpiry after what time without a sign a worker counts as lost
 * @param idleHold how long the call of a worker that has nothing is held when there is no work
 * @param busyHold how long that of a worker without room is
 * @param heartbeat how soon a worker without room is to report again
 * @param abandonment how long an action goes on that nobody waits for
 * @param retention how long an operation that is over can be asked for
 * @param workerMemory how long a worker that is gone stays known
 * @param sweepInterval how often to look for what has expired
 * @param maxMessageSize the most that a response may have with contents inlined
 * @param maxConcurrentTransactions the most connections used at once, less than the pool has
 */
@ConfigurationProperties(prefix = "millrace.execution")
public record ExecutionProperties(
    @DefaultValue("1h") Duration defaultTimeout,
    @DefaultValue("6h") Duration maxTimeout,
    @DefaultValue("15m") Duration transferAllowance,
    @DefaultValue("3") int maxAttempts,
    @DefaultValue("-1000") int lowestPriority,
    @DefaultValue("1000") int highestPriority,
    @DefaultValue("30s") Duration botExpiry,
    @DefaultValue("25s") Duration idleHold,
    @DefaultValue("2s") Duration busyHold,
    @DefaultValue("5s") Duration heartbeat,
    @DefaultValue("1m") Duration abandonment,
    @DefaultValue("1h") Duration retention,
    @DefaultValue("1d") Duration workerMemory,
    @DefaultValue("1s") Duration sweepInterval,
    @DefaultValue("3MB") DataSize maxMessageSize,
    @DefaultValue("8") int maxConcurrentTransactions) {

  private static final int LONGEST_GAP = 5;

  public ExecutionProperties {
    requirePositive("abandonment", abandonment);
    requirePositive("retention", retention);
    requirePositive("worker-memory", workerMemory);
    requirePositive("sweep-interval", sweepInterval);
    if (maxMessageSize.isNegative() || maxMessageSize.toBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("max-message-size: 0 to 2 GB, not " + maxMessageSize);
    }
    if (maxConcurrentTransactions < 1) {
      throw new IllegalArgumentException(
          "max-concurrent-transactions: at least 1, not " + maxConcurrentTransactions);
    }
  }

  private static void requirePositive(String name, Duration duration) {
    if (!duration.isPositive()) {
      throw new IllegalArgumentException(name + ": must be positive, is " + duration);
    }
  }

  TimeoutPolicy timeoutPolicy() {
    return new TimeoutPolicy(defaultTimeout, maxTimeout, transferAllowance);
  }

  AttemptPolicy attemptPolicy() {
    return new AttemptPolicy(maxAttempts);
  }

  Priorities priorities() {
    return new Priorities(lowestPriority, highestPriority);
  }

  PollTiming pollTiming() {
    return new PollTiming(idleHold, busyHold, heartbeat, botExpiry);
  }

  Sweeper.Limits limits() {
    return new Sweeper.Limits(botExpiry, abandonment, retention, workerMemory);
  }

  /** What no sweep has seen for several intervals was an outage. */
  Attendance attendance() {
    return new Attendance(sweepInterval.multipliedBy(LONGEST_GAP));
  }
}
