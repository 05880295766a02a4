package dev.millrace.execution.scheduling;

import static java.util.stream.Collectors.joining;

import dev.millrace.execution.operation.OperationState;
import java.util.List;

/**
 * How often an action is tried when workers are lost over it or fail for reasons of their own: an
 * action that does so to one worker after the other is stopped before it has been through them all.
 *
 * @param maxAttempts at least one
 */
public record AttemptPolicy(int maxAttempts) {

  private static final int TOLD = 3;

  public AttemptPolicy {
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("max-attempts: must be at least 1, is " + maxAttempts);
    }
  }

  public boolean allowsAnotherAfter(int attempts) {
    return attempts < maxAttempts;
  }

  /**
   * Whether an action that fails now is to end: not as long as another bot is at it, whatever it
   * has been through.
   */
  public boolean givesUp(OperationState state) {
    return state.leases().size() < 2 && !allowsAnotherAfter(state.attempts());
  }

  /** What to tell of an action that is given up. */
  public String givenUp(int attempts, String lastProblem) {
    return "given up after %d attempt(s) on workers; the last one: %s"
        .formatted(attempts, lastProblem);
  }

  /**
   * What to tell of an action that is given up, with the last reasons that there were.
   *
   * @param failures all of its failed attempts, the latest one last
   */
  public String givenUp(List<FailedAttempt> failures) {
    if (failures.isEmpty()) {
      throw new IllegalArgumentException("what was never attempted is not given up");
    }
    long workers = failures.stream().map(FailedAttempt::worker).distinct().count();
    List<FailedAttempt> last =
        failures.subList(Math.max(0, failures.size() - TOLD), failures.size()).reversed();
    return "given up after %d attempt(s) on %d different worker(s); the last: %s"
        .formatted(
            failures.size(),
            workers,
            last.stream()
                .map(failure -> failure.problem() + " (" + failure.worker() + ")")
                .collect(joining("; before that: ")));
  }
}
