package dev.millrace.asset.api;

import build.bazel.remote.asset.v1.FetchBlobRequest;
import build.bazel.remote.asset.v1.FetchBlobResponse;
import build.bazel.remote.asset.v1.FetchDirectoryRequest;
import build.bazel.remote.asset.v1.FetchDirectoryResponse;
import build.bazel.remote.asset.v1.FetchGrpc;
import dev.millrace.failure.Failure.Unsupported;
import io.grpc.stub.StreamObserver;

/**
 * Tells clients that nothing is fetched for them here, and what to do instead. Clients that can
 * download by themselves fall back to that on UNIMPLEMENTED.
 */
public final class FetchGrpcService extends FetchGrpc.FetchImplBase {

  @Override
  public void fetchBlob(FetchBlobRequest request, StreamObserver<FetchBlobResponse> responses) {
    throw new Unsupported(
        "FetchBlob is not offered by this server: it downloads nothing for clients. Let the client"
            + " download by itself (Bazel: leave out --experimental_remote_downloader, or add"
            + " --experimental_remote_downloader_local_fallback)");
  }

  @Override
  public void fetchDirectory(
      FetchDirectoryRequest request, StreamObserver<FetchDirectoryResponse> responses) {
    throw new Unsupported(
        "FetchDirectory is not offered by this server: it downloads nothing for clients. Let the"
            + " client check out or unpack by itself, and upload what actions need to the CAS");
  }
}
