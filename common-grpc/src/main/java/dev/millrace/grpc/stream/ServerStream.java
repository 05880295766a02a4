package dev.millrace.grpc.stream;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * The sending side of a server-streaming call, on a virtual thread of its own: {@link #send} blocks
 * until the client keeps up, and fails once it has gone. The call's own callbacks must stay free,
 * as they are what tells that it is ready; so the source never runs in one of them.
 *
 * <p>The source's thread is never interrupted, since that would close files under others. One that
 * waits for something else than the client asks to be woken by {@link #onCancel}.
 */
public final class ServerStream<T> {

  private static final Logger log = LoggerFactory.getLogger(ServerStream.class);

  /**
   * What may wait to be sent before the source has to wait. Below a few messages, each of them
   * costs a switch of threads; memory for slow clients is this times their number.
   */
  private static final int SEND_AHEAD_BYTES = 512 * 1024;

  /** What is sent, from first to last; the call ends well when it returns. */
  public interface Source<T> {
    void sendTo(ServerStream<T> stream);
  }

  private final ServerCallStreamObserver<T> responses;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Runnable> onCancel = new ArrayList<>();
  private boolean cancelled;

  private ServerStream(ServerCallStreamObserver<T> responses) {
    this.responses = responses;
  }

  /** Begins to send; called from within the call's handler, to which it returns at once. */
  public static <T> void start(StreamObserver<T> responses, Source<T> source) {
    prepare(responses).runApart(source);
  }

  /**
   * Sends what is one message at most, which nothing has to be waited for: on the current thread,
   * unless the client is not even ready for that.
   */
  public static <T> void sendOne(StreamObserver<T> responses, Source<T> source) {
    ServerStream<T> stream = prepare(responses);
    if (stream.responses.isReady()) {
      stream.run(source);
    } else {
      stream.runApart(source);
    }
  }

  private static <T> ServerStream<T> prepare(StreamObserver<T> responses) {
    ServerStream<T> stream = new ServerStream<>((ServerCallStreamObserver<T>) responses);
    stream.responses.setOnReadyThreshold(SEND_AHEAD_BYTES);
    stream.responses.setOnReadyHandler(stream::ready);
    stream.responses.setOnCancelHandler(stream::cancel);
    return stream;
  }

  private void runApart(Source<T> source) {
    Map<String, String> logFields = MDC.getCopyOfContextMap();
    Runnable run = Context.current().wrap(() -> run(source));
    Thread.ofVirtual()
        .name("grpc-stream")
        .start(() -> {
          if (logFields != null) {
            MDC.setContextMap(logFields);
          }
          run.run();
        });
  }

  /**
   * Sends one message, once the client is ready for it.
   *
   * @throws CallCancelled if the client has gone: the source lets it pass
   */
  public void send(T message) {
    awaitReady();
    responses.onNext(message);
  }

  /**
   * Waits until the client is ready for a message, so that none has to be kept for it meanwhile.
   *
   * @throws CallCancelled if the client has gone: the source lets it pass
   */
  public void awaitReady() {
    lock.lock();
    try {
      while (!cancelled && !responses.isReady()) {
        changed.awaitUninterruptibly();
      }
      if (cancelled) {
        throw new CallCancelled();
      }
    } finally {
      lock.unlock();
    }
  }

  public boolean isCancelled() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }

  /** Has {@code wake} run when the client goes away, or at once if it has gone already. */
  public void onCancel(Runnable wake) {
    lock.lock();
    try {
      if (!cancelled) {
        onCancel.add(wake);
        return;
      }
    } finally {
      lock.unlock();
    }
    wake.run();
  }

  private void run(Source<T> source) {
    try {
      source.sendTo(this);
    } catch (CallCancelled e) {
      log.debug("The client went away", e);
      return;
    } catch (RuntimeException | Error thrown) {
      responses.onError(thrown);
      return;
    }
    responses.onCompleted();
  }

  private void ready() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void cancel() {
    List<Runnable> wakes;
    lock.lock();
    try {
      cancelled = true;
      wakes = List.copyOf(onCancel);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    wakes.forEach(Runnable::run);
  }
}
