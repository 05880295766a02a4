package dev.millrace.actioncache.remote;

import build.bazel.remote.execution.v2.ActionCacheGrpc;
import build.bazel.remote.execution.v2.ActionCacheGrpc.ActionCacheBlockingV2Stub;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.GetActionResultRequest;
import build.bazel.remote.execution.v2.RequestMetadata;
import build.bazel.remote.execution.v2.UpdateActionResultRequest;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import dev.millrace.peer.Attempts;
import dev.millrace.peer.PeerFailures;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Optional;

/**
 * Action results that an ActionCache at the other end of a channel keeps, which does the checks
 * that belong to them. Both verbs can be repeated, and are a few times if the peer is out of reach.
 *
 * <p>Of a provenance the API carries the invocation, as request metadata, and the worker, in the
 * result; the team and the token are those that this side is known to the peer by.
 */
public final class RemoteActionCache implements ActionCache {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Metadata.Key<RequestMetadata> REQUEST_METADATA =
      Metadata.Key.of(
          "build.bazel.remote.execution.v2.requestmetadata-bin",
          ProtoUtils.metadataMarshaller(RequestMetadata.getDefaultInstance()));

  private final Channel channel;
  private final Attempts attempts;

  public RemoteActionCache(Channel channel) {
    this(channel, Attempts.standard());
  }

  RemoteActionCache(Channel channel, Attempts attempts) {
    this.channel = channel;
    this.attempts = attempts;
  }

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    GetActionResultRequest request =
        GetActionResultRequest.newBuilder()
            .setInstanceName(instance.value())
            .setDigestFunction(Digests.toProto(action.function()))
            .setActionDigest(Digests.toProto(action))
            .build();
    return attempts.run(
        () -> {
          try {
            return Optional.of(stub().getActionResult(request));
          } catch (StatusException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
              return Optional.empty();
            }
            throw e;
          }
        },
        PeerFailures::of);
  }

  @Override
  public void put(
      InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
    UpdateActionResultRequest request =
        UpdateActionResultRequest.newBuilder()
            .setInstanceName(instance.value())
            .setDigestFunction(Digests.toProto(action.function()))
            .setActionDigest(Digests.toProto(action))
            .setActionResult(result)
            .build();
    ActionResult unused =
        attempts.run(() -> stub(provenance).updateActionResult(request), PeerFailures::of);
  }

  private ActionCacheBlockingV2Stub stub() {
    return ActionCacheGrpc.newBlockingV2Stub(channel).withDeadlineAfter(PATIENCE);
  }

  private ActionCacheBlockingV2Stub stub(Provenance provenance) {
    if (provenance.invocation().isEmpty()) {
      return stub();
    }
    Metadata headers = new Metadata();
    headers.put(
        REQUEST_METADATA,
        RequestMetadata.newBuilder().setToolInvocationId(provenance.invocation()).build());
    return stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }
}
