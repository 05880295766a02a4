package dev.millrace.grpc.admission;

import io.grpc.Attributes;
import io.grpc.ServerCall;
import io.grpc.ServerTransportFilter;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts connections. Those beyond the bound stay open, but get nothing except refusals. */
public final class Connections extends ServerTransportFilter {

  private static final Attributes.Key<Boolean> EXCESS =
      Attributes.Key.create("dev.millrace.grpc.admission.excess");

  private final int most;
  private final AtomicInteger open = new AtomicInteger();

  Connections(int most) {
    this.most = most;
  }

  @Override
  public Attributes transportReady(Attributes transport) {
    return open.incrementAndGet() <= most
        ? transport
        : transport.toBuilder().set(EXCESS, Boolean.TRUE).build();
  }

  @Override
  public void transportTerminated(Attributes transport) {
    open.decrementAndGet();
  }

  boolean isExcess(ServerCall<?, ?> call) {
    return call.getAttributes().get(EXCESS) != null;
  }

  public int open() {
    return open.get();
  }
}
