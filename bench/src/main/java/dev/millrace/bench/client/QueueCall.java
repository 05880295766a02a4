package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecutionGrpc;
import com.google.longrunning.Operation;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Execute by a caller who goes away once the action is in the queue. */
final class QueueCall implements ClientResponseObserver<ExecuteRequest, Operation> {

  private final CompletableFuture<Long> done = new CompletableFuture<>();
  private @Nullable ClientCallStreamObserver<ExecuteRequest> call;

  private QueueCall() {}

  static CompletableFuture<Long> start(Channel channel, ExecuteRequest request) {
    QueueCall call = new QueueCall();
    ExecutionGrpc.newStub(channel).execute(request, call);
    return call.done;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<ExecuteRequest> stream) {
    call = stream;
  }

  @Override
  public void onNext(Operation operation) {
    boolean unused =
        operation.getDone()
            ? done.completeExceptionally(new EndpointException("an action was not queued"))
            : done.complete(1L);
    if (call != null) {
      call.cancel("it is in the queue", /* cause= */ null);
    }
  }

  @Override
  public void onError(Throwable failure) {
    boolean unused = done.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    boolean unused = done.completeExceptionally(new EndpointException("an action was not queued"));
  }
}
