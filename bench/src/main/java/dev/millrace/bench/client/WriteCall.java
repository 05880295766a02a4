package dev.millrace.bench.client;

import com.google.bytestream.WriteResponse;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

/** One Write, sent as fast as the endpoint takes it, in messages of 1 MiB. */
final class WriteCall extends ClientCall.Listener<byte[]> {

  private static final int MESSAGE_BYTES = 1024 * 1024;

  private final ClientCall<Payload, byte[]> call;
  private final String name;
  private final Blob blob;
  private final CompletableFuture<Long> done = new CompletableFuture<>();
  private int sent;
  private boolean answered;
  private boolean early;
  private long committed;

  private WriteCall(ClientCall<Payload, byte[]> call, String name, Blob blob) {
    this.call = call;
    this.name = name;
    this.blob = blob;
  }

  static CompletableFuture<Long> start(ClientCall<Payload, byte[]> call, String name, Blob blob) {
    WriteCall listener = new WriteCall(call, name, blob);
    call.start(listener, new Metadata());
    call.request(2);
    // A call is ready once it has a connection; then, and whenever there is room, onReady follows.
    return listener.done;
  }

  @Override
  public void onReady() {
    while (call.isReady() && !answered && sent < blob.size()) {
      int length = Math.min(MESSAGE_BYTES, blob.size() - sent);
      boolean last = sent + length == blob.size();
      call.sendMessage(Messages.write(sent == 0 ? name : "", blob, sent, length, last));
      sent += length;
      if (last) {
        call.halfClose();
      }
    }
  }

  @Override
  public void onMessage(byte[] message) {
    answered = true;
    early = sent < blob.size();
    try {
      committed = WriteResponse.parseFrom(message).getCommittedSize();
    } catch (InvalidProtocolBufferException e) {
      call.cancel("the answer does not parse", e);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (!status.isOk()) {
      done.completeExceptionally(status.asRuntimeException(trailers));
    } else if (early) {
      done.completeExceptionally(
          new EndpointException(
              "blob %s was stored before it was written: use another --seed"
                  .formatted(blob.hash())));
    } else if (!answered) {
      done.completeExceptionally(new EndpointException("a write ended well without an answer"));
    } else if (committed != blob.size()) {
      done.completeExceptionally(
          new EndpointException("%d bytes of %d were committed".formatted(committed, blob.size())));
    } else {
      done.complete(committed);
    }
  }
}
