package dev.millrace.asset.api;

import build.bazel.remote.asset.v1.PushBlobRequest;
import build.bazel.remote.asset.v1.PushBlobResponse;
import build.bazel.remote.asset.v1.PushDirectoryRequest;
import build.bazel.remote.asset.v1.PushDirectoryResponse;
import build.bazel.remote.asset.v1.PushGrpc;
import dev.millrace.failure.Failure.Unsupported;
import io.grpc.stub.StreamObserver;

/** Tells clients that addresses cannot be bound to content here; nothing is kept. */
public final class PushGrpcService extends PushGrpc.PushImplBase {

  @Override
  public void pushBlob(PushBlobRequest request, StreamObserver<PushBlobResponse> responses) {
    throw notOffered("PushBlob");
  }

  @Override
  public void pushDirectory(
      PushDirectoryRequest request, StreamObserver<PushDirectoryResponse> responses) {
    throw notOffered("PushDirectory");
  }

  private static Unsupported notOffered(String method) {
    return new Unsupported(
        method
            + " is not offered by this server: it keeps no addresses, and nothing has been stored."
            + " Content itself can be uploaded to the CAS and is found there by its digest");
  }
}
