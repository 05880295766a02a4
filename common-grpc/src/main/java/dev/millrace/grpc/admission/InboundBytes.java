package dev.millrace.grpc.admission;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Tells a call of the bytes of its messages as they arrive, long before a message is whole and is
 * handed over. Nothing arrives before a call has asked for it, so none is missed. Also the only one
 * who can reset a call's stream: a call can do no more than queue an answer behind what nobody
 * takes.
 */
public final class InboundBytes extends ServerStreamTracer {

  private static final Context.Key<InboundBytes> CURRENT =
      Context.key("dev.millrace.grpc.admission");

  private volatile @Nullable AdmittedCall<?, ?> call;

  private Context.@Nullable CancellableContext context;

  private volatile long uncompressed;

  private InboundBytes() {}

  /** What a server is built with. */
  public static ServerStreamTracer.Factory factory() {
    return new ServerStreamTracer.Factory() {
      @Override
      public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        return new InboundBytes();
      }
    };
  }

  static @Nullable InboundBytes current() {
    return CURRENT.get();
  }

  void tell(AdmittedCall<?, ?> admitted) {
    call = admitted;
  }

  /** What the messages that were read so far have in them; nothing where no bytes are sent. */
  long uncompressed() {
    return uncompressed;
  }

  @Nullable AdmittedCall<?, ?> call() {
    return call;
  }

  @Override
  public Context filterContext(Context context) {
    Context.CancellableContext own = context.withValue(CURRENT, this).withCancellation();
    this.context = own;
    return own;
  }

  /** The server resets a stream whose context ends by a time-out, as if a deadline had passed. */
  void reset(String why) {
    if (context != null) {
      context.cancel(new TimeoutException(why));
    }
  }

  @Override
  public void inboundWireSize(long bytes) {
    AdmittedCall<?, ?> told = call;
    if (told != null) {
      told.arrived(bytes);
    }
  }

  /** Of a compressed message it is told by whoever reads it, of any other by the transport. */
  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // One after the other, and never both.
  public void inboundUncompressedSize(long bytes) {
    uncompressed += bytes;
  }
}
