package dev.millrace.logs.api;

import build.bazel.remote.logstream.v1.CreateLogStreamRequest;
import build.bazel.remote.logstream.v1.LogStream;
import build.bazel.remote.logstream.v1.LogStreamServiceGrpc;
import dev.millrace.failure.Failure.Unsupported;
import io.grpc.stub.StreamObserver;

/** Tells clients that no logs are kept here, and where output is found instead. */
public final class LogStreamGrpcService extends LogStreamServiceGrpc.LogStreamServiceImplBase {

  @Override
  public void createLogStream(CreateLogStreamRequest request, StreamObserver<LogStream> responses) {
    throw new Unsupported(
        "CreateLogStream is not offered by this server: it keeps no logs. The output of an action"
            + " is in its result, as stdout_digest and stderr_digest, once the action has ended");
  }
}
