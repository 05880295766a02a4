package dev.millrace.execution.api;

import com.google.longrunning.Operation;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.OperationSnapshot;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.stream.ServerStream;
import java.time.Duration;
import java.util.Optional;

/**
 * Tells a client how an operation goes, from where it is to its end. That somebody follows is noted
 * as long as it is so; who goes away leaves the operation the grace time to be taken up again.
 */
public final class OperationFollower {

  private final OperationStore operations;
  private final OperationMessages messages;
  private final Changes changes;
  private final Duration interval;

  /**
   * @param interval how often to look and to say that somebody follows, whatever happens
   */
  public OperationFollower(
      OperationStore operations, OperationMessages messages, Changes changes, Duration interval) {
    this.operations = operations;
    this.messages = messages;
    this.changes = changes;
    this.interval = interval;
  }

  void follow(OperationName name, ServerStream<Operation> stream) {
    OperationSnapshot first = operations.follow(name);
    try (Changes.Subscription changed = changes.subscribeToTask(first.task().id())) {
      stream.onCancel(changed::wake);
      run(name, stream, changed);
    }
  }

  private void run(
      OperationName name, ServerStream<Operation> stream, Changes.Subscription changed) {
    Optional<Operation> sent = Optional.empty();
    boolean executingTold = false;
    while (true) {
      OperationSnapshot now = operations.follow(name);
      executingTold = tellMissedStage(now, executingTold, stream) || isExecuting(now.state());
      Operation message = messages.of(now);
      if (!sent.equals(Optional.of(message))) {
        send(name, stream, message);
        sent = Optional.of(message);
      }
      if (message.getDone()) {
        return;
      }
      if (changes.isClosed()) {
        throw new Failure.Unavailable(
            "this server is stopping; the operation goes on, wait for it again", /* cause= */ null);
      }
      boolean unused = changed.await(interval);
      if (stream.isCancelled()) {
        operations.leave(name);
        return;
      }
    }
  }

  /** What ran so briefly that nobody saw it run has run nevertheless: stages come in order. */
  private boolean tellMissedStage(
      OperationSnapshot now, boolean executingTold, ServerStream<Operation> stream) {
    boolean missed =
        !executingTold
            && now.state() instanceof Completed
            && OperationMessages.wasExecuted(now.state());
    if (missed) {
      send(now.name(), stream, messages.executing(now));
    }
    return executingTold || missed;
  }

  private static boolean isExecuting(OperationState state) {
    return switch (state) {
      case Executing executing -> true;
      case Queued queued -> false;
      case Completed completed -> false;
    };
  }

  private void send(OperationName name, ServerStream<Operation> stream, Operation message) {
    try {
      stream.send(message);
    } catch (dev.millrace.grpc.stream.CallCancelled gone) {
      operations.leave(name);
      throw gone;
    }
  }

  /** Waits until an operation is over, or there is reason to wait no more. */
  Operation await(OperationName name, Waiter waiter) {
    OperationSnapshot first = operations.follow(name);
    try (Changes.Subscription changed = changes.subscribeToTask(first.task().id())) {
      waiter.onEnd(changed::wake);
      while (true) {
        Operation message = messages.of(operations.follow(name));
        Duration left = waiter.left();
        if (message.getDone() || !left.isPositive() || changes.isClosed()) {
          return message;
        }
        boolean unused = changed.await(left.compareTo(interval) < 0 ? left : interval);
      }
    }
  }

  /** How long one who waits for an answer wants to do so. */
  interface Waiter {
    /** Nothing is left once the caller has gone. */
    Duration left();

    /** Has {@code wake} run when the caller goes away. */
    void onEnd(Runnable wake);
  }
}
