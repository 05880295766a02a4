package dev.millrace.grpc.admission;

import com.google.protobuf.MessageLite;
import dev.millrace.grpc.incoming.IncomingWrite;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;

/** Tells an admitted call what its handler is doing, and when all is over. */
final class AdmittedListener<Q> extends SimpleForwardingServerCallListener<Q> {

  private final AdmittedCall<Q, ?> call;

  AdmittedListener(ServerCall.Listener<Q> delegate, AdmittedCall<Q, ?> call) {
    super(delegate);
    this.call = call;
  }

  @Override
  public void onMessage(Q message) {
    long bytes = bytesOf(message);
    boolean admitted = call.received(bytes);
    try {
      if (admitted) {
        super.onMessage(message);
      }
    } finally {
      call.handled(bytes);
    }
  }

  /** To ask a message would be to visit all of it: who sends a single one has sent nothing else. */
  private long bytesOf(Q message) {
    return switch (message) {
      case IncomingWrite write -> write.encodedBytes();
      case MessageLite decoded -> call.bytesOfOnlyMessage().orElseGet(decoded::getSerializedSize);
      default -> 0;
    };
  }

  @Override
  public void onHalfClose() {
    call.halfClosed();
    try {
      super.onHalfClose();
    } finally {
      call.handledAll();
    }
  }

  @Override
  public void onReady() {
    call.taken();
    super.onReady();
  }

  @Override
  public void onCancel() {
    try {
      super.onCancel();
    } finally {
      call.over();
    }
  }

  /** A call that was ended from here has not completed, for its handler. */
  @Override
  public void onComplete() {
    try {
      if (call.wasEnded()) {
        super.onCancel();
      } else {
        super.onComplete();
      }
    } finally {
      call.over();
    }
  }
}
