package dev.millrace.grpc.admission;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A client's call, one step at a time. */
final class RawCall<Q, R> {

  private record End(Status status, Metadata trailers) {}

  private final CompletableFuture<End> end = new CompletableFuture<>();
  private final ClientCall<Q, R> call;

  RawCall(Channel channel, MethodDescriptor<Q, R> method) {
    call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(new End(status, trailers));
          }
        },
        new Metadata());
  }

  RawCall<Q, R> send(Q message) {
    call.sendMessage(message);
    return this;
  }

  RawCall<Q, R> halfClose() {
    call.halfClose();
    return this;
  }

  RawCall<Q, R> take() {
    call.request(1000);
    return this;
  }

  void cancel() {
    call.cancel("as told", null);
  }

  Status status() {
    return end.orTimeout(20, TimeUnit.SECONDS).join().status();
  }

  boolean hasEnded() {
    return end.isDone();
  }

  boolean isToldToComeBack() {
    End how = end.orTimeout(20, TimeUnit.SECONDS).join();
    for (Any detail :
        StatusProto.fromStatusAndTrailers(how.status(), how.trailers()).getDetailsList()) {
      if (detail.is(RetryInfo.class)) {
        return true;
      }
    }
    return false;
  }
}
