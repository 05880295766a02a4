package dev.millrace.bench.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

/** One Read, of which only the bytes are counted. */
final class ReadCall extends ClientCall.Listener<Integer> {

  private final ClientCall<Payload, Integer> call;
  private final CompletableFuture<Long> done = new CompletableFuture<>();
  private long read;

  private ReadCall(ClientCall<Payload, Integer> call) {
    this.call = call;
  }

  static CompletableFuture<Long> start(ClientCall<Payload, Integer> call, Payload request) {
    ReadCall listener = new ReadCall(call);
    call.start(listener, new Metadata());
    call.request(4);
    call.sendMessage(request);
    call.halfClose();
    return listener.done;
  }

  @Override
  public void onMessage(Integer length) {
    read += length;
    call.request(1);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (status.isOk()) {
      done.complete(read);
    } else {
      done.completeExceptionally(status.asRuntimeException(trailers));
    }
  }
}
