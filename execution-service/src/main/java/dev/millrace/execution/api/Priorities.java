package dev.millrace.execution.api;

import dev.millrace.failure.Failure;

/**
 * The priorities that callers may ask for; lower runs earlier, 0 is what they get unasked.
 *
 * @param lowest not above 0
 * @param highest not below 0
 */
public record Priorities(int lowest, int highest) {

  public Priorities {
    if (lowest > 0 || highest < 0) {
      throw new IllegalArgumentException(
          "priorities: 0 must be among them, not only %d to %d".formatted(lowest, highest));
    }
  }

  int require(int priority) {
    if (priority < lowest || priority > highest) {
      throw new Failure.InvalidRequest(
          "execution_policy.priority",
          "must be from %d to %d, is %d".formatted(lowest, highest, priority));
    }
    return priority;
  }
}
