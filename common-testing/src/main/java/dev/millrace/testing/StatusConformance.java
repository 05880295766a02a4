package dev.millrace.testing;

import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Watches a server under test from the outside for statuses that were never agreed on, or that lack
 * the details that clients act on. Ask {@link #violations} when the test is over.
 */
public final class StatusConformance implements ServerInterceptor {

  private final List<String> violations = new CopyOnWriteArrayList<>();

  public List<String> violations() {
    return List.copyOf(violations);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return next.startCall(
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            if (!conforms(status, trailers)) {
              violations.add(call.getMethodDescriptor().getFullMethodName() + ": " + status);
            }
            super.close(status, trailers);
          }
        },
        headers);
  }

  private static boolean conforms(Status status, Metadata trailers) {
    return switch (status.getCode()) {
      case OK -> true;
      case INVALID_ARGUMENT -> has(status, trailers, BadRequest.class);
      case FAILED_PRECONDITION -> has(status, trailers, PreconditionFailure.class);
      case RESOURCE_EXHAUSTED, UNAVAILABLE -> has(status, trailers, RetryInfo.class);
      case INTERNAL -> String.valueOf(status.getDescription()).contains("incident");
      case NOT_FOUND, OUT_OF_RANGE, UNIMPLEMENTED, PERMISSION_DENIED, UNAUTHENTICATED -> true;
      case CANCELLED, DEADLINE_EXCEEDED -> true;
      case UNKNOWN, ALREADY_EXISTS, ABORTED, DATA_LOSS -> false;
    };
  }

  private static boolean has(Status status, Metadata trailers, Class<? extends Message> detail) {
    com.google.rpc.Status whole = StatusProto.fromStatusAndTrailers(status, trailers);
    return whole.getDetailsList().stream().anyMatch(any -> any.is(detail));
  }
}
