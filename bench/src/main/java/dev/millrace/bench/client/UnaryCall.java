package dev.millrace.bench.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One request and one answer. */
final class UnaryCall extends ClientCall.Listener<byte[]> {

  private final CompletableFuture<byte[]> done = new CompletableFuture<>();
  private byte @Nullable [] answer;

  private UnaryCall() {}

  static CompletableFuture<byte[]> start(ClientCall<Payload, byte[]> call, Payload request) {
    UnaryCall listener = new UnaryCall();
    call.start(listener, new Metadata());
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
    return listener.done;
  }

  @Override
  public void onMessage(byte[] message) {
    answer = message;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (!status.isOk()) {
      done.completeExceptionally(status.asRuntimeException(trailers));
    } else if (answer == null) {
      done.completeExceptionally(new EndpointException("a call ended well without an answer"));
    } else {
      done.complete(answer);
    }
  }
}
