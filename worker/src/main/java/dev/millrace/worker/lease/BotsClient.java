package dev.millrace.worker.lease;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import dev.millrace.instance.InstanceName;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The calls that a bot makes. */
final class BotsClient {

  /** Ids that can be part of a header's name. */
  private static final Pattern HEADER_SAFE = Pattern.compile("[0-9A-Za-z_.-]+");

  /** Headers are limited to a few KiB in all. */
  private static final int MAX_HEADERS = 20;

  private final BotsGrpc.BotsFutureStub stub;

  BotsClient(Channel channel) {
    stub = BotsGrpc.newFutureStub(channel);
  }

  ListenableFuture<BotSession> create(InstanceName parent, BotSession session, Duration deadline) {
    return stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
        .createBotSession(
            CreateBotSessionRequest.newBuilder()
                .setParent(parent.value())
                .setBotSession(session)
                .build());
  }

  /** Reports the session as it is, with the times of running leases beside it. */
  ListenableFuture<BotSession> update(
      BotSession session, Collection<HeldLease> leases, Duration deadline) {
    return stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(leases)))
        .updateBotSession(
            UpdateBotSessionRequest.newBuilder()
                .setName(session.getName())
                .setBotSession(session)
                .build());
  }

  private static Metadata headers(Collection<HeldLease> leases) {
    Metadata headers = new Metadata();
    leases.stream()
        .filter(lease -> HEADER_SAFE.matcher(lease.id()).matches())
        .filter(lease -> lease.progress().isPresent())
        .limit(MAX_HEADERS)
        .forEach(lease ->
            headers.put(
                Metadata.Key.of(
                    "partial-execution-metadata-" + lease.id() + Metadata.BINARY_HEADER_SUFFIX,
                    Metadata.BINARY_BYTE_MARSHALLER),
                lease.progress().map(ExecutedActionMetadata::toByteArray).orElseThrow()));
    return headers;
  }
}
