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
    long bytes =
        switch (message) {
          case MessageLite decoded -> decoded.getSerializedSize();
          case IncomingWrite write -> write.encodedBytes();
          default -> 0;
        };
    boolean admitted = call.received(bytes);
    try {
      if (admitted) {
        super.onMessage(message);
      }
    } finally {
      call.handled(bytes);
    }
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
