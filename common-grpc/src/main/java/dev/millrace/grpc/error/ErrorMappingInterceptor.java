package dev.millrace.grpc.error;

import dev.millrace.failure.Failure;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a call with the status of what its handler throws or passes to {@code onError}, so that
 * handlers simply throw. That a client has gone away is nobody's error.
 */
public final class ErrorMappingInterceptor implements ServerInterceptor {

  private static final Logger log = LoggerFactory.getLogger(ErrorMappingInterceptor.class);

  private final FailureStatuses statuses;

  public ErrorMappingInterceptor(FailureStatuses statuses) {
    this.statuses = statuses;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    MappedCall<Q, R> mapped = new MappedCall<>(call, statuses);
    try {
      return new MappedListener<>(next.startCall(mapped, headers), mapped);
    } catch (RuntimeException | Error thrown) {
      mapped.fail(thrown);
      return new ServerCall.Listener<>() {};
    }
  }

  /** Answers once, with a status that was mapped. */
  private static final class MappedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final FailureStatuses statuses;
    private final AtomicBoolean answered = new AtomicBoolean();

    MappedCall(ServerCall<Q, R> call, FailureStatuses statuses) {
      super(call);
      this.statuses = statuses;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      Throwable cause = status.getCause();
      if (status.getCode() == Status.Code.UNKNOWN && cause != null) {
        fail(cause);
      } else {
        answered.set(true);
        super.close(status, trailers);
      }
    }

    void fail(Throwable thrown) {
      if (isCancelled()
          && (thrown instanceof Failure || thrown instanceof StatusRuntimeException)) {
        log.debug("Failed after the client had gone", thrown);
      } else if (isCancelled()) {
        log.error("Failed after the client had gone", thrown);
      } else if (!answered.compareAndSet(false, true)) {
        log.error("Failed after the call had been answered", thrown);
      } else {
        StatusRuntimeException mapped = statuses.asException(thrown);
        Metadata trailers = mapped.getTrailers();
        super.close(mapped.getStatus(), trailers == null ? new Metadata() : trailers);
      }
    }
  }

  /** Keeps what callbacks throw from reaching the transport, which would say UNKNOWN. */
  private static final class MappedListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final MappedCall<Q, ?> call;
    private boolean failed;

    MappedListener(ServerCall.Listener<Q> delegate, MappedCall<Q, ?> call) {
      super(delegate);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      unlessFailed(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      unlessFailed(super::onHalfClose);
    }

    @Override
    public void onReady() {
      unlessFailed(super::onReady);
    }

    @Override
    public void onCancel() {
      guarded(super::onCancel);
    }

    @Override
    public void onComplete() {
      guarded(super::onComplete);
    }

    /** What failed has been answered: only its end is of interest then. */
    private void unlessFailed(Runnable callback) {
      if (!failed) {
        guarded(callback);
      }
    }

    private void guarded(Runnable callback) {
      try {
        callback.run();
      } catch (RuntimeException | Error thrown) {
        failed = true;
        call.fail(thrown);
      }
    }
  }
}
