package dev.millrace.grpc.bytestream;

import dev.millrace.failure.Failure.InvalidRequest;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * The header in which a client may repeat the resource name for routers' sake. One that says
 * something else than the message is refused: they may have routed the call by it.
 */
final class ResourceNameHeader implements ServerInterceptor {

  static final Metadata.Key<String> HEADER =
      Metadata.Key.of(
          "build.bazel.remote.execution.v2.resource-name", Metadata.ASCII_STRING_MARSHALLER);

  private static final Context.Key<String> VALUE = Context.key("resource-name");

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String value = headers.get(HEADER);
    return value == null
        ? next.startCall(call, headers)
        : Contexts.interceptCall(Context.current().withValue(VALUE, value), call, headers, next);
  }

  /** Fails unless the current call's header is absent or equal to {@code resourceName}. */
  static void check(String resourceName) {
    String value = VALUE.get();
    if (value != null && !value.equals(resourceName)) {
      throw new InvalidRequest(
          "resource_name", "is '%s', but the header says '%s'".formatted(resourceName, value));
    }
  }
}
