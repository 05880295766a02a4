package dev.millrace.execution.operation;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.execution.operation.OperationEvent.AttemptFailed;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationEvent.HandedBack;
import dev.millrace.execution.operation.OperationEvent.Leased;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import java.util.UUID;

/**
 * How far an action is. States never change; {@link #after} gives the one that follows on an event,
 * and an event that cannot happen in a state is an error of the caller's.
 */
public sealed interface OperationState {

  OperationState ACCEPTED = new Queued(0);

  /** How often a bot was given the action; attempts that were handed back do not count. */
  int attempts();

  OperationState after(OperationEvent event);

  /** Waits for a bot. */
  record Queued(int attempts) implements OperationState {

    public Queued {
      requireNotNegative(attempts);
    }

    @Override
    public OperationState after(OperationEvent event) {
      return switch (event) {
        case Leased(UUID lease) -> new Executing(attempts + 1, lease);
        case Stopped(ExecuteResponse response) -> new Completed(attempts, response);
        case HandedBack e -> throw impossible(this, e);
        case AttemptFailed e -> throw impossible(this, e);
        case Finished e -> throw impossible(this, e);
      };
    }
  }

  /**
   * Is with a bot.
   *
   * @param lease the only one that can bring the outcome
   */
  record Executing(int attempts, UUID lease) implements OperationState {

    public Executing {
      if (attempts < 1) {
        throw new IllegalArgumentException("what executes has been attempted, not " + attempts);
      }
    }

    @Override
    public OperationState after(OperationEvent event) {
      return switch (event) {
        case HandedBack(UUID by) when by.equals(lease) -> new Queued(attempts - 1);
        case AttemptFailed(UUID by) when by.equals(lease) -> new Queued(attempts);
        case Finished(UUID by, ExecuteResponse response) when by.equals(lease) ->
            new Completed(attempts, response);
        case Stopped(ExecuteResponse response) -> new Completed(attempts, response);
        case Leased e -> throw impossible(this, e);
        case HandedBack e -> throw impossible(this, e);
        case AttemptFailed e -> throw impossible(this, e);
        case Finished e -> throw impossible(this, e);
      };
    }
  }

  /** Is over, for ever. */
  record Completed(int attempts, ExecuteResponse response) implements OperationState {

    public Completed {
      requireNotNegative(attempts);
    }

    @Override
    public OperationState after(OperationEvent event) {
      throw impossible(this, event);
    }
  }

  private static void requireNotNegative(int attempts) {
    if (attempts < 0) {
      throw new IllegalArgumentException("attempts: must not be negative, is " + attempts);
    }
  }

  private static IllegalStateException impossible(OperationState state, OperationEvent event) {
    return new IllegalStateException(event + " cannot happen to " + state);
  }
}
