package dev.millrace.worker.lease;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A call that has not been answered yet. Told apart from others by identity. */
final class BotCall {

  private static final Executor SAME_THREAD = Runnable::run;

  private final ListenableFuture<BotSession> future;
  private final boolean creates;

  /** When it was sent, by {@link System#nanoTime}. */
  private final long sentAt;

  private final boolean terminating;

  BotCall(ListenableFuture<BotSession> future, boolean creates, boolean terminating, long sentAt) {
    this.future = future;
    this.creates = creates;
    this.terminating = terminating;
    this.sentAt = sentAt;
  }

  void whenDone(Consumer<BotEvent> events) {
    future.addListener(() -> events.accept(event()), SAME_THREAD);
  }

  private BotEvent event() {
    return switch (future.state()) {
      case SUCCESS -> new BotEvent.Answered(this, future.resultNow());
      case FAILED -> new BotEvent.Failed(this, Status.fromThrowable(future.exceptionNow()));
      case CANCELLED -> new BotEvent.Failed(this, Status.CANCELLED);
      case RUNNING -> throw new IllegalStateException("the call is not done");
    };
  }

  void cancel() {
    future.cancel(true);
  }

  /** Whether it asks for a session rather than reports to one. */
  boolean creates() {
    return creates;
  }

  /** Whether it says that the bot is about to end. */
  boolean isTerminating() {
    return terminating;
  }

  long sentAt() {
    return sentAt;
  }
}
