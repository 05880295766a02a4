package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecutionGrpc;
import build.bazel.remote.execution.v2.WaitExecutionRequest;
import com.google.longrunning.Operation;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.store.StoredText;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.grpc.request.RequestOrigin;
import dev.millrace.grpc.stream.ServerStream;
import io.grpc.stub.StreamObserver;

/** Takes actions, and lets their operations be followed, by whoever sent them and by others. */
public final class ExecutionGrpcService extends ExecutionGrpc.ExecutionImplBase {

  private final InstancePolicy instances;
  private final DigestFunctionPolicy functions;
  private final Priorities priorities;
  private final Admission admission;
  private final OperationFollower follower;

  public ExecutionGrpcService(
      InstancePolicy instances,
      DigestFunctionPolicy functions,
      Priorities priorities,
      Admission admission,
      OperationFollower follower) {
    this.instances = instances;
    this.functions = functions;
    this.priorities = priorities;
    this.admission = admission;
    this.follower = follower;
  }

  @Override
  public void execute(ExecuteRequest request, StreamObserver<Operation> responses) {
    Admission.Order order = order(request);
    ServerStream.start(
        responses, stream -> follower.followFromStart(admission.admit(order), stream));
  }

  @Override
  public void waitExecution(WaitExecutionRequest request, StreamObserver<Operation> responses) {
    OperationName name = OperationName.parse(request.getName());
    instances.check(name.instance());
    ServerStream.start(responses, stream -> follower.follow(name, stream));
  }

  private Admission.Order order(ExecuteRequest request) {
    DigestFunction function =
        functions.require(request.getDigestFunctionValue(), request.getActionDigest().getHash());
    Digest action = Digests.fromProto(request.getActionDigest(), function, "action_digest");
    return new Admission.Order(
        instances.require(StoredText.name("instance_name", request.getInstanceName())),
        action,
        request.getSkipCacheLookup(),
        priorities.require(request.getExecutionPolicy().getPriority()),
        wishes(request),
        origin(RequestOrigin.current()));
  }

  private static InliningWishes wishes(ExecuteRequest request) {
    for (int i = 0; i < request.getInlineOutputFilesCount(); i++) {
      String field = "inline_output_files[" + i + "]";
      int unused = StoredText.bytes(field, request.getInlineOutputFiles(i));
    }
    return InliningWishes.of(
        request.getInlineStdout(), request.getInlineStderr(), request.getInlineOutputFilesList());
  }

  private static Origin origin(RequestOrigin origin) {
    return new Origin(
        origin.toolName(), origin.invocation(), origin.target(), origin.actionMnemonic());
  }
}
