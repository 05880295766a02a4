package dev.millrace.execution.api;

import com.google.longrunning.Operation;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Entered;
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

  /** From the first stage on: what passed unseen is told as well. */
  void followFromStart(Entered operation, ServerStream<Operation> stream) {
    follow(operation, stream, Stage.NONE);
  }

  /** From where the operation is. */
  void follow(OperationName name, ServerStream<Operation> stream) {
    follow(new Entered(name, operations.follow(name).task().id()), stream, Stage.QUEUED);
  }

  /** How far a client knows the operation to be, at least. */
  private enum Stage {
    NONE,
    QUEUED,
    EXECUTING
  }

  private void follow(Entered operation, ServerStream<Operation> stream, Stage known) {
    try (Changes.Subscription changed = changes.subscribeToTask(operation.run())) {
      stream.onCancel(changed::wake);
      run(operation.name(), stream, changed, known);
    }
  }

  private void run(
      OperationName name,
      ServerStream<Operation> stream,
      Changes.Subscription changed,
      Stage known) {
    Optional<Operation> sent = Optional.empty();
    Stage told = known;
    // Its end counts anew from when it was made, or last followed.
    long toBeFollowed = System.nanoTime() + interval.toNanos();
    while (true) {
      boolean follow = System.nanoTime() - toBeFollowed >= 0;
      if (follow) {
        toBeFollowed = System.nanoTime() + interval.toNanos();
      }
      OperationSnapshot now = follow ? operations.follow(name) : operations.get(name);
      told = tellMissedStages(now, told, stream);
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

  /** Stages come in order, even where they were so brief that nobody saw them. */
  private Stage tellMissedStages(
      OperationSnapshot now, Stage told, ServerStream<Operation> stream) {
    boolean executed = now.state().attempts() > 0;
    if (executed && told == Stage.NONE) {
      send(now.name(), stream, messages.queued(now));
    }
    return switch (now.state()) {
      case Queued queued -> told == Stage.NONE ? Stage.QUEUED : told;
      case Executing executing -> Stage.EXECUTING;
      case Racing racing -> Stage.EXECUTING;
      case Completed completed -> {
        if (executed && told != Stage.EXECUTING) {
          send(now.name(), stream, messages.executing(now));
        }
        yield Stage.EXECUTING;
      }
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
