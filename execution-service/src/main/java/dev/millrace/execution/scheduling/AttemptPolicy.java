package dev.millrace.execution.scheduling;

/**
 * How often an action is tried when workers are lost over it or fail for reasons of their own.
 *
 * @param maxAttempts at least one
 */
public record AttemptPolicy(int maxAttempts) {

  public AttemptPolicy {
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("max-attempts: must be at least 1, is " + maxAttempts);
    }
  }

  public boolean allowsAnotherAfter(int attempts) {
    return attempts < maxAttempts;
  }

  /** What to tell of an action that is given up. */
  public String givenUp(int attempts, String lastProblem) {
    return "given up after %d attempt(s) on workers; the last one: %s"
        .formatted(attempts, lastProblem);
  }
}
