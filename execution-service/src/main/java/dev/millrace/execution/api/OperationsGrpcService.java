package dev.millrace.execution.api;

import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.DeleteOperationRequest;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Empty;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.store.OperationSnapshot;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.instance.InstanceName;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Looks at operations, and ends them, by name. */
public final class OperationsGrpcService extends OperationsGrpc.OperationsImplBase {

  private static final int DEFAULT_PAGE = 100;

  /** Operations that are over carry their results. */
  private static final int LARGEST_PAGE = 500;

  /** Responses stay below what clients accept of a message. */
  private static final int PAGE_BYTES = 3 * 1024 * 1024;

  private static final String COLLECTION = "operations";
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(30);

  /** An answer that comes when the caller has given up is none. */
  private static final Duration DEADLINE_MARGIN = Duration.ofMillis(200);

  private final InstancePolicy instances;
  private final OperationStore operations;
  private final OperationMessages messages;
  private final OperationFollower follower;

  public OperationsGrpcService(
      InstancePolicy instances,
      OperationStore operations,
      OperationMessages messages,
      OperationFollower follower) {
    this.instances = instances;
    this.operations = operations;
    this.messages = messages;
    this.follower = follower;
  }

  @Override
  public void getOperation(GetOperationRequest request, StreamObserver<Operation> responses) {
    responses.onNext(messages.of(operations.get(name(request.getName()))));
    responses.onCompleted();
  }

  @Override
  public void listOperations(
      ListOperationsRequest request, StreamObserver<ListOperationsResponse> responses) {
    if (request.getPageSize() < 0) {
      throw new Failure.InvalidRequest("page_size", "must not be negative");
    }
    int size =
        request.getPageSize() == 0 ? DEFAULT_PAGE : Math.min(request.getPageSize(), LARGEST_PAGE);
    List<OperationSnapshot> found =
        operations.list(
            collection(request.getName()),
            OperationFilters.parse(request.getFilter()),
            PageTokens.parse(request.getPageToken()),
            size + 1);
    responses.onNext(page(found, size));
    responses.onCompleted();
  }

  private ListOperationsResponse page(List<OperationSnapshot> found, int size) {
    ListOperationsResponse.Builder page = ListOperationsResponse.newBuilder();
    long bytes = 0;
    for (int i = 0; i < found.size(); i++) {
      Operation operation = messages.of(found.get(i));
      bytes += operation.getSerializedSize();
      if (i == size || (i > 0 && bytes > PAGE_BYTES)) {
        return page.setNextPageToken(PageTokens.after(found.get(i - 1))).build();
      }
      page.addOperations(operation);
    }
    return page.build();
  }

  @Override
  public void cancelOperation(CancelOperationRequest request, StreamObserver<Empty> responses) {
    operations.cancel(name(request.getName()));
    responses.onNext(Empty.getDefaultInstance());
    responses.onCompleted();
  }

  @Override
  public void deleteOperation(DeleteOperationRequest request, StreamObserver<Empty> responses) {
    operations.delete(name(request.getName()));
    responses.onNext(Empty.getDefaultInstance());
    responses.onCompleted();
  }

  @Override
  public void waitOperation(WaitOperationRequest request, StreamObserver<Operation> responses) {
    Duration wish =
        request.hasTimeout()
            ? DurationMessages.fromProto(request.getTimeout(), "timeout")
            : LONGEST_WAIT;
    responses.onNext(follower.await(name(request.getName()), new CallWaiter(wish)));
    responses.onCompleted();
  }

  /** Waits for as long as the caller wishes and its call lasts. */
  private static final class CallWaiter implements OperationFollower.Waiter {
    private final Context call = Context.current();
    private final long end;

    CallWaiter(Duration wish) {
      Duration capped = wish.compareTo(LONGEST_WAIT) < 0 ? wish : LONGEST_WAIT;
      end = System.nanoTime() + capped.toNanos();
    }

    @Override
    public Duration left() {
      if (call.isCancelled()) {
        return Duration.ZERO;
      }
      Duration left = Duration.ofNanos(end - System.nanoTime());
      Deadline deadline = call.getDeadline();
      if (deadline == null) {
        return left;
      }
      Duration allowed =
          Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)).minus(DEADLINE_MARGIN);
      return allowed.compareTo(left) < 0 ? allowed : left;
    }

    @Override
    public void onEnd(Runnable wake) {
      call.addListener(gone -> wake.run(), Runnable::run);
    }
  }

  private OperationName name(String text) {
    OperationName name = OperationName.parse(text);
    instances.check(name.instance());
    return name;
  }

  /** {@code [instance/]operations}; the instance alone is taken as well. */
  private InstanceName collection(String name) {
    String instance =
        name.equals(COLLECTION)
            ? ""
            : name.endsWith("/" + COLLECTION)
                ? name.substring(0, name.length() - COLLECTION.length() - 1)
                : name;
    return instances.require(instance);
  }
}
