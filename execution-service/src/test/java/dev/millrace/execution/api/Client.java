package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.ExecuteOperationMetadata;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutionStage;
import build.bazel.remote.execution.v2.FileNode;
import build.bazel.remote.execution.v2.Platform;
import build.bazel.remote.execution.v2.WaitExecutionRequest;
import com.google.longrunning.Operation;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A build tool, as far as execution goes. */
public final class Client {

  private static final DigestFunction FUNCTION = DigestFunction.SHA256;

  private final BlobStore blobs;

  public Client(BlobStore blobs) {
    this.blobs = blobs;
  }

  public Digest upload(com.google.protobuf.Message message) {
    return Blobs.write(blobs, InstanceName.ROOT, FUNCTION, message.toByteString());
  }

  /** An action that differs from others by its name. */
  public Action.Builder action(String name, String... platform) {
    Command command = Command.newBuilder().addArguments("/bin/true").addArguments(name).build();
    Directory root =
        Directory.newBuilder()
            .addFiles(
                FileNode.newBuilder()
                    .setName("input")
                    .setDigest(
                        Digests.toProto(
                            Blobs.write(
                                blobs,
                                InstanceName.ROOT,
                                FUNCTION,
                                ByteString.copyFromUtf8("input of " + name)))))
            .build();
    Action.Builder action =
        Action.newBuilder()
            .setCommandDigest(Digests.toProto(upload(command)))
            .setInputRootDigest(Digests.toProto(upload(root)));
    if (platform.length > 0) {
      action.setPlatform(platform(platform));
    }
    return action;
  }

  public static Platform platform(String... properties) {
    Platform.Builder platform = Platform.newBuilder();
    for (String property : properties) {
      String[] parts = property.split("=", 2);
      platform.addPropertiesBuilder().setName(parts[0]).setValue(parts[1]);
    }
    return platform.build();
  }

  public ExecuteRequest.Builder request(Action.Builder action) {
    return ExecuteRequest.newBuilder().setActionDigest(Digests.toProto(upload(action.build())));
  }

  /** A stream of operations that is open. */
  public static final class Following {
    private final BlockingClientCall<?, Operation> call;
    public final List<Operation> seen = new ArrayList<>();

    Following(BlockingClientCall<?, Operation> call) {
      this.call = call;
    }

    public Operation next() throws Exception {
      Operation operation = call.read(30, TimeUnit.SECONDS);
      if (operation != null) {
        seen.add(operation);
      }
      return operation;
    }

    /** Reads on until the operation is at a stage. */
    public Operation until(ExecutionStage.Value stage) throws Exception {
      Operation operation = next();
      while (operation != null && metadata(operation).getStage() != stage) {
        operation = next();
      }
      if (operation == null) {
        throw new AssertionError("ended before " + stage);
      }
      return operation;
    }

    public ExecuteResponse response() throws Exception {
      Operation done = until(ExecutionStage.Value.COMPLETED);
      return Client.response(done);
    }

    public List<ExecutionStage.Value> stages() {
      return seen.stream().map(o -> metadata(o).getStage()).distinct().toList();
    }

    public String name() throws Exception {
      if (seen.isEmpty()) {
        next();
      }
      return seen.getFirst().getName();
    }

    public void goAway() {
      call.cancel("the test goes away", null);
    }
  }

  public Following execute(Replica replica, ExecuteRequest.Builder request) {
    return new Following(replica.execution().execute(request.build()));
  }

  public Following execute(Replica replica, String action) {
    return execute(replica, request(action(action)));
  }

  public Following await(Replica replica, String operation) {
    return new Following(
        replica
            .execution()
            .waitExecution(WaitExecutionRequest.newBuilder().setName(operation).build()));
  }

  /** The status with which a call is refused. */
  public static com.google.rpc.Status refusal(Following following) throws Exception {
    try {
      Operation operation = following.next();
      throw new AssertionError("was not refused: " + operation);
    } catch (StatusException e) {
      return io.grpc.protobuf.StatusProto.fromThrowable(e);
    }
  }

  public static ExecuteOperationMetadata metadata(Operation operation) {
    try {
      return operation.getMetadata().unpack(ExecuteOperationMetadata.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  public static ExecuteResponse response(Operation operation) {
    try {
      return operation.getResponse().unpack(ExecuteResponse.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
