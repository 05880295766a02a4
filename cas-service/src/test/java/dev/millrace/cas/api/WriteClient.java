package dev.millrace.cas.api;

import com.google.bytestream.ByteStreamGrpc;
import com.google.bytestream.WriteRequest;
import com.google.bytestream.WriteResponse;
import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A Write call, message by message. */
final class WriteClient {

  private final CompletableFuture<WriteResponse> answer = new CompletableFuture<>();
  private ClientCallStreamObserver<WriteRequest> requests;

  WriteClient(ByteStreamGrpc.ByteStreamStub stub) {
    stub.write(
        new ClientResponseObserver<WriteRequest, WriteResponse>() {
          @Override
          public void beforeStart(ClientCallStreamObserver<WriteRequest> stream) {
            requests = stream;
          }

          @Override
          public void onNext(WriteResponse response) {
            answer.complete(response);
          }

          @Override
          public void onError(Throwable thrown) {
            answer.completeExceptionally(thrown);
          }

          @Override
          public void onCompleted() {}
        });
  }

  WriteClient send(String name, long offset, ByteString data, boolean finish) {
    requests.onNext(
        WriteRequest.newBuilder()
            .setResourceName(name)
            .setWriteOffset(offset)
            .setData(data)
            .setFinishWrite(finish)
            .build());
    return this;
  }

  WriteClient send(String name, long offset, ByteString data) {
    return send(name, offset, data, /* finish= */ false);
  }

  /** Closes the client's side and waits for the answer. */
  long committed() {
    requests.onCompleted();
    return answered();
  }

  /** Waits for the answer without closing the client's side. */
  long answered() {
    try {
      return answer.orTimeout(20, TimeUnit.SECONDS).join().getCommittedSize();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StatusRuntimeException status) {
        throw status;
      }
      throw e;
    }
  }

  void cancel() {
    requests.cancel("the test says so", null);
  }
}
