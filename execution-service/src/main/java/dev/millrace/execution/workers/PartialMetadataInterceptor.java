package dev.millrace.execution.workers;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what bots tell of running leases out of a call's headers, one header a lease: {@code
 * partial-execution-metadata-<lease id>-bin}.
 */
final class PartialMetadataInterceptor implements ServerInterceptor {

  private static final Logger log = LoggerFactory.getLogger(PartialMetadataInterceptor.class);
  private static final String PREFIX = "partial-execution-metadata-";
  private static final Context.Key<Map<String, ExecutedActionMetadata>> KEY =
      Context.keyWithDefault("partial-execution-metadata", Map.of());

  /** What the call that is being handled tells, by lease id. */
  static Map<String, ExecutedActionMetadata> current() {
    return KEY.get();
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Map<String, ExecutedActionMetadata> partial = new LinkedHashMap<>();
    for (String name : headers.keys()) {
      if (name.startsWith(PREFIX) && name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        String lease =
            name.substring(PREFIX.length(), name.length() - Metadata.BINARY_HEADER_SUFFIX.length());
        read(headers, name, lease, partial);
      }
    }
    return Contexts.interceptCall(Context.current().withValue(KEY, partial), call, headers, next);
  }

  private static void read(
      Metadata headers, String name, String lease, Map<String, ExecutedActionMetadata> partial) {
    byte[] value = headers.get(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
    if (value == null) {
      return;
    }
    try {
      partial.put(lease, ExecutedActionMetadata.parseFrom(value));
    } catch (InvalidProtocolBufferException e) {
      log.debug("Partial metadata of lease {} do not parse", lease, e);
    }
  }
}
