package dev.millrace.grpc.admission;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

/** An answer made once and given often, when time and memory are short. */
record Refusal(Status status, Metadata trailers) {

  private static final Any RETRY_SOON =
      Any.pack(RetryInfo.newBuilder().setRetryDelay(Duration.newBuilder().setSeconds(1)).build());

  /** There is too much of something, as the setting that bounds it says. */
  static Refusal exhausted(String what, String property) {
    return of(Code.RESOURCE_EXHAUSTED, what + "; try again soon", property);
  }

  /** The call cannot go on, but another one may. */
  static Refusal unavailable(String what, String property) {
    return of(Code.UNAVAILABLE, what, property);
  }

  private static Refusal of(Code code, String what, String property) {
    StatusRuntimeException made =
        StatusProto.toStatusRuntimeException(
            com.google.rpc.Status.newBuilder()
                .setCode(code.getNumber())
                .setMessage("%s (millrace.grpc.admission.%s)".formatted(what, property))
                .addDetails(RETRY_SOON)
                .build());
    Metadata trailers = made.getTrailers();
    return new Refusal(made.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  <Q> ServerCall.Listener<Q> answer(ServerCall<Q, ?> call) {
    call.close(status, ownTrailers());
    return new ServerCall.Listener<>() {};
  }

  /** Trailers belong to whom they are given to. */
  Metadata ownTrailers() {
    Metadata own = new Metadata();
    own.merge(trailers);
    return own;
  }
}
