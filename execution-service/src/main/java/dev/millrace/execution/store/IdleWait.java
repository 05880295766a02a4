package dev.millrace.execution.store;

import dev.millrace.execution.admin.WorkerPattern;
import java.time.Duration;

/** Lets callers wait until workers have nothing left to do. */
public final class IdleWait {

  private final Workforce workforce;
  private final Changes changes;
  private final Duration interval;

  /**
   * @param interval how often to look
   */
  public IdleWait(Workforce workforce, Changes changes, Duration interval) {
    this.workforce = workforce;
    this.changes = changes;
    this.interval = interval;
  }

  /** Whether those that match are idle by then, or were before the process was to stop. */
  public boolean await(WorkerPattern pattern, Duration atMost) {
    long end = System.nanoTime() + atMost.toNanos();
    // Nobody announces that a worker became idle; what is heard of is the process's end.
    try (Changes.Subscription never = changes.subscribe("idle")) {
      while (!workforce.isIdle(pattern)) {
        Duration left = Duration.ofNanos(end - System.nanoTime());
        if (!left.isPositive() || changes.isClosed()) {
          return false;
        }
        boolean unused = never.await(left.compareTo(interval) < 0 ? left : interval);
      }
      return true;
    }
  }
}
