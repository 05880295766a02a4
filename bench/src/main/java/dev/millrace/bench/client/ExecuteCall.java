package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutionGrpc;
import com.google.longrunning.Operation;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** Execute, from the request to a result with exit code 0. */
final class ExecuteCall implements StreamObserver<Operation> {

  private final CompletableFuture<Long> done = new CompletableFuture<>();
  private final long bytes;

  private ExecuteCall(long bytes) {
    this.bytes = bytes;
  }

  static CompletableFuture<Long> start(
      Channel channel, CallOptions options, ExecuteRequest request) {
    ExecuteCall call = new ExecuteCall(request.getSerializedSize());
    ExecutionGrpc.newStub(channel).withDeadline(options.getDeadline()).execute(request, call);
    return call.done;
  }

  @Override
  public void onNext(Operation operation) {
    if (operation.getDone()) {
      end(operation);
    }
  }

  private void end(Operation operation) {
    try {
      ExecuteResponse response = operation.getResponse().unpack(ExecuteResponse.class);
      if (response.getStatus().getCode() != Code.OK_VALUE
          || response.getResult().getExitCode() != 0) {
        fail("an action ended as it should not: " + response);
      } else if (response.getCachedResult()) {
        fail("an action was not run");
      } else {
        boolean unused = done.complete(bytes);
      }
    } catch (InvalidProtocolBufferException malformed) {
      fail("an operation ended without a response");
    }
  }

  private void fail(String problem) {
    boolean unused = done.completeExceptionally(new EndpointException(problem));
  }

  @Override
  public void onError(Throwable failure) {
    boolean unused = done.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    fail("an execution ended without its operation being done");
  }
}
