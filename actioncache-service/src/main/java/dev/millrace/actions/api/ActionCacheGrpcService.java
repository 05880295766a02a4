package dev.millrace.actions.api;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionCacheGrpc;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.GetActionResultRequest;
import build.bazel.remote.execution.v2.UpdateActionResultRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.action.Provenance;
import dev.millrace.action.ReferencedBlobs;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.actioncache.inlining.ResultInlining;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.request.Caller;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.RequestOrigin;
import dev.millrace.grpc.request.Right;
import dev.millrace.instance.InstanceName;
import io.grpc.stub.StreamObserver;
import java.util.Set;

/**
 * Translates ActionCache calls. What may be served and taken is the cache's affair, but for one
 * thing that only the call tells: a result of an action that says it is not to be cached is
 * refused, as far as the action itself is in the CAS. Clients use keys of their own as well, so one
 * that is not there or is no Action is taken as it is.
 */
public final class ActionCacheGrpcService extends ActionCacheGrpc.ActionCacheImplBase {

  /** No Action is nearly as large; whatever is need not be looked into. */
  private static final int MAX_ACTION_BYTES = 1024 * 1024;

  private final InstancePolicy instances;
  private final DigestFunctionPolicy functions;
  private final ActionCache cache;
  private final BlobStore blobs;
  private final ResultInlining inlining;

  /**
   * @param blobs where actions, and contents to inline, are
   */
  public ActionCacheGrpcService(
      InstancePolicy instances,
      DigestFunctionPolicy functions,
      ActionCache cache,
      BlobStore blobs,
      ResultInlining inlining) {
    this.instances = instances;
    this.functions = functions;
    this.cache = cache;
    this.blobs = blobs;
    this.inlining = inlining;
  }

  @Override
  public void getActionResult(GetActionResultRequest request, StreamObserver<ActionResult> answer) {
    InstanceName instance = instances.require(request.getInstanceName());
    Digest action = action(request.getActionDigest(), request.getDigestFunctionValue());
    ActionResult result =
        cache
            .get(instance, action)
            .orElseThrow(() ->
                new Failure.NotFound(
                    "there is no result of action " + action + " that can be served"));
    InliningWishes wishes =
        InliningWishes.of(
            request.getInlineStdout(),
            request.getInlineStderr(),
            request.getInlineOutputFilesList());
    answer.onNext(inlining.inline(instance, action.function(), result, wishes));
    answer.onCompleted();
  }

  @Override
  public void updateActionResult(
      UpdateActionResultRequest request, StreamObserver<ActionResult> answer) {
    InstanceName instance = instances.require(request.getInstanceName(), Right.AC_WRITE);
    Digest action = action(request.getActionDigest(), request.getDigestFunctionValue());
    if (!request.hasActionResult()) {
      throw new Failure.InvalidRequest("action_result", "is not set");
    }
    ActionResult result = request.getActionResult();
    checkDigests(result, action.function());
    checkMayBeCached(instance, action);
    cache.put(instance, action, ResultInlining.strip(result), provenance(result));
    answer.onNext(result);
    answer.onCompleted();
  }

  private Digest action(build.bazel.remote.execution.v2.Digest digest, int functionNumber) {
    DigestFunction function = functions.require(functionNumber, digest.getHash());
    return Digests.fromProto(digest, function, "action_digest");
  }

  private static void checkDigests(ActionResult result, DigestFunction function) {
    try {
      Set<Digest> unused = ReferencedBlobs.of(result, function);
    } catch (Failure.InvalidRequest e) {
      String problem = String.valueOf(e.getMessage()).substring(e.field().length() + 2);
      throw new Failure.InvalidRequest("action_result." + e.field(), problem);
    }
  }

  private void checkMayBeCached(InstanceName instance, Digest digest) {
    if (digest.sizeBytes() > MAX_ACTION_BYTES) {
      return;
    }
    ByteString action = blobs.readAll(instance, Set.of(digest)).get(digest);
    if (action != null && saysDoNotCache(action)) {
      throw new Failure.InvalidRequest(
          "action_digest",
          "action " + digest + " has do_not_cache set: its results are not for others");
    }
  }

  private static boolean saysDoNotCache(ByteString action) {
    try {
      return Action.parseFrom(action).getDoNotCache();
    } catch (InvalidProtocolBufferException e) {
      // A key of the client's own, which says nothing.
      return false;
    }
  }

  private static Provenance provenance(ActionResult result) {
    Caller caller = Caller.current();
    return new Provenance(
        caller.team(),
        caller.token(),
        result.getExecutionMetadata().getWorker(),
        RequestOrigin.current().invocation());
  }
}
