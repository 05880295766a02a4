package dev.millrace.systemtests;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.CapabilitiesGrpc;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutionGrpc;
import build.bazel.remote.execution.v2.GetCapabilitiesRequest;
import build.bazel.remote.execution.v2.ServerCapabilities;
import com.google.longrunning.Operation;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** A minimal client of the whole suite: runs shell scripts remotely. */
final class ExecutionClient implements AutoCloseable {

  private static final int LIMIT_SECONDS = 120;

  private final ManagedChannel channel;
  private final BlobStore blobs;

  ExecutionClient(int port) {
    channel =
        Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
    blobs = new RemoteBlobStore(channel);
  }

  ServerCapabilities capabilities() {
    return CapabilitiesGrpc.newBlockingStub(channel)
        .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
        .getCapabilities(GetCapabilitiesRequest.getDefaultInstance());
  }

  /** Runs a script that may leave a file {@code out}. */
  ExecuteResponse run(String script) {
    Command command =
        Command.newBuilder()
            .addArguments("/bin/sh")
            .addArguments("-c")
            .addArguments(script)
            .addOutputPaths("out")
            .build();
    Action action =
        Action.newBuilder()
            .setCommandDigest(Digests.toProto(upload(command.toByteString())))
            .setInputRootDigest(
                Digests.toProto(upload(Directory.getDefaultInstance().toByteString())))
            .build();
    Iterator<Operation> operations =
        ExecutionGrpc.newBlockingStub(channel)
            .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
            .execute(
                ExecuteRequest.newBuilder()
                    .setActionDigest(Digests.toProto(upload(action.toByteString())))
                    .build());
    while (operations.hasNext()) {
      Operation operation = operations.next();
      if (operation.getDone()) {
        try {
          return operation.getResponse().unpack(ExecuteResponse.class);
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    throw new IllegalStateException("the stream ended before the operation was done");
  }

  private Digest upload(ByteString blob) {
    return Blobs.write(blobs, InstanceName.ROOT, DigestFunction.SHA256, blob);
  }

  String read(build.bazel.remote.execution.v2.Digest digest) {
    Digest parsed = Digests.fromProto(digest, DigestFunction.SHA256, "digest");
    return Blobs.read(blobs, InstanceName.ROOT, parsed, 1 << 20).toStringUtf8();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
