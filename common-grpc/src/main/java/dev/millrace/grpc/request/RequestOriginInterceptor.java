package dev.millrace.grpc.request;

import build.bazel.remote.execution.v2.RequestMetadata;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Makes a call's {@link RequestOrigin} known to its handler, and puts it beside every line that is
 * logged meanwhile. A header that does not parse counts as none.
 */
public final class RequestOriginInterceptor implements ServerInterceptor {

  private static final Logger log = LoggerFactory.getLogger(RequestOriginInterceptor.class);

  static final Metadata.Key<byte[]> HEADER =
      Metadata.Key.of(
          "build.bazel.remote.execution.v2.requestmetadata-bin", Metadata.BINARY_BYTE_MARSHALLER);

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    RequestOrigin origin = origin(headers);
    Map<String, String> fields = fields(call, origin);
    Context context = Context.current().withValue(RequestOrigin.KEY, origin);
    MDC.setContextMap(fields);
    try {
      return new LoggedListener<>(Contexts.interceptCall(context, call, headers, next), fields);
    } finally {
      MDC.clear();
    }
  }

  private static RequestOrigin origin(Metadata headers) {
    byte[] header = headers.get(HEADER);
    if (header == null) {
      return RequestOrigin.UNKNOWN;
    }
    try {
      return RequestOrigin.of(RequestMetadata.parseFrom(header));
    } catch (InvalidProtocolBufferException e) {
      log.debug("A RequestMetadata header does not parse", e);
      return RequestOrigin.UNKNOWN;
    }
  }

  private static Map<String, String> fields(ServerCall<?, ?> call, RequestOrigin origin) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("method", call.getMethodDescriptor().getFullMethodName());
    put(fields, "peer", call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    put(fields, "tool", origin.toolName());
    put(fields, "invocation", origin.invocation());
    put(fields, "action", origin.actionId());
    put(fields, "mnemonic", origin.actionMnemonic());
    put(fields, "target", origin.target());
    return fields;
  }

  private static void put(Map<String, String> fields, String name, @Nullable Object value) {
    if (value != null && !value.toString().isEmpty()) {
      fields.put(name, value.toString());
    }
  }

  /** Sets the fields of the log around every callback. */
  private static final class LoggedListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Map<String, String> fields;

    LoggedListener(ServerCall.Listener<Q> delegate, Map<String, String> fields) {
      super(delegate);
      this.fields = fields;
    }

    @Override
    public void onMessage(Q message) {
      logged(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      logged(super::onHalfClose);
    }

    @Override
    public void onCancel() {
      logged(super::onCancel);
    }

    @Override
    public void onComplete() {
      logged(super::onComplete);
    }

    @Override
    public void onReady() {
      logged(super::onReady);
    }

    private void logged(Runnable callback) {
      MDC.setContextMap(fields);
      try {
        callback.run();
      } finally {
        MDC.clear();
      }
    }
  }
}
