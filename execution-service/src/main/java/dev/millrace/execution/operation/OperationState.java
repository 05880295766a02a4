package dev.millrace.execution.operation;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.execution.operation.OperationEvent.AttemptFailed;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationEvent.HandedBack;
import dev.millrace.execution.operation.OperationEvent.Leased;
import dev.millrace.execution.operation.OperationEvent.LeasedAgain;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import java.util.Set;
import java.util.UUID;

/**
 * How far an action is. States never change; {@link #after} gives the one that follows on an event,
 * and an event that cannot happen in a state is an error of the caller's.
 */
public sealed interface OperationState {

  OperationState ACCEPTED = new Queued(0);

  /** How often a bot was given the action; attempts that were handed back do not count. */
  int attempts();

  /** Those that can bring the outcome; a bot that holds any other lease works in vain. */
  Set<UUID> leases();

  OperationState after(OperationEvent event);

  /** Waits for a bot. */
  record Queued(int attempts) implements OperationState {

    public Queued {
      requireNotNegative(attempts);
    }

    @Override
    public Set<UUID> leases() {
      return Set.of();
    }

    @Override
    public OperationState after(OperationEvent event) {
      return switch (event) {
        case Leased(UUID by) -> new Executing(attempts + 1, by);
        case Stopped(ExecuteResponse response) -> new Completed(attempts, response);
        case LeasedAgain e -> throw impossible(this, e);
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
    public Set<UUID> leases() {
      return Set.of(lease);
    }

    @Override
    public OperationState after(OperationEvent event) {
      return switch (event) {
        case LeasedAgain(UUID by) when !by.equals(lease) -> new Racing(attempts + 1, lease, by);
        case HandedBack(UUID by) when by.equals(lease) -> new Queued(attempts - 1);
        case AttemptFailed(UUID by) when by.equals(lease) -> new Queued(attempts);
        case Finished(UUID by, ExecuteResponse response) when by.equals(lease) ->
            new Completed(attempts, response);
        case Stopped(ExecuteResponse response) -> new Completed(attempts, response);
        case Leased e -> throw impossible(this, e);
        case LeasedAgain e -> throw impossible(this, e);
        case HandedBack e -> throw impossible(this, e);
        case AttemptFailed e -> throw impossible(this, e);
        case Finished e -> throw impossible(this, e);
      };
    }
  }

  /**
   * Is with two bots, as the first took long. Whichever brings an outcome first ends it, and a bot
   * that fails leaves it to the other one.
   *
   * @param first the lease that took long
   * @param second the one that was given in addition
   */
  record Racing(int attempts, UUID first, UUID second) implements OperationState {

    public Racing {
      if (attempts < 2) {
        throw new IllegalArgumentException("what races has been attempted twice, not " + attempts);
      }
      if (first.equals(second)) {
        throw new IllegalArgumentException("a lease does not race with itself: " + first);
      }
    }

    @Override
    public Set<UUID> leases() {
      return Set.of(first, second);
    }

    @Override
    public OperationState after(OperationEvent event) {
      return switch (event) {
        case HandedBack(UUID by) when runs(by) -> new Executing(attempts - 1, otherThan(by));
        case AttemptFailed(UUID by) when runs(by) -> new Executing(attempts, otherThan(by));
        case Finished(UUID by, ExecuteResponse response) when runs(by) ->
            new Completed(attempts, response);
        case Stopped(ExecuteResponse response) -> new Completed(attempts, response);
        case Leased e -> throw impossible(this, e);
        case LeasedAgain e -> throw impossible(this, e);
        case HandedBack e -> throw impossible(this, e);
        case AttemptFailed e -> throw impossible(this, e);
        case Finished e -> throw impossible(this, e);
      };
    }

    private boolean runs(UUID lease) {
      return lease.equals(first) || lease.equals(second);
    }

    private UUID otherThan(UUID lease) {
      return lease.equals(first) ? second : first;
    }
  }

  /** Is over, for ever. */
  record Completed(int attempts, ExecuteResponse response) implements OperationState {

    public Completed {
      requireNotNegative(attempts);
    }

    @Override
    public Set<UUID> leases() {
      return Set.of();
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
