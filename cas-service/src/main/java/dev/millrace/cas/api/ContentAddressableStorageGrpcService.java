package dev.millrace.cas.api;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import build.bazel.remote.execution.v2.FindMissingBlobsResponse;
import build.bazel.remote.execution.v2.GetTreeRequest;
import build.bazel.remote.execution.v2.GetTreeResponse;
import build.bazel.remote.execution.v2.SpliceBlobRequest;
import build.bazel.remote.execution.v2.SpliceBlobResponse;
import build.bazel.remote.execution.v2.SplitBlobRequest;
import build.bazel.remote.execution.v2.SplitBlobResponse;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.instance.InstanceName;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;

/** Content-addressable storage on the wire; translates, and leaves the rest to the store. */
public final class ContentAddressableStorageGrpcService
    extends ContentAddressableStorageGrpc.ContentAddressableStorageImplBase {

  private final RequestChecks checks;
  private final BlobStore store;
  private final BlobBatches batches;
  private final ChunkCalls chunks;
  private final TreePages trees;

  public ContentAddressableStorageGrpcService(
      RequestChecks checks, BlobStore store, BlobBatches batches, ChunkCalls chunks) {
    this.checks = checks;
    this.store = store;
    this.batches = batches;
    this.chunks = chunks;
    this.trees = new TreePages(store);
  }

  @Override
  public void findMissingBlobs(
      FindMissingBlobsRequest request, StreamObserver<FindMissingBlobsResponse> responses) {
    InstanceName instance = checks.instance(request.getInstanceName());
    List<Digest> digests =
        checks.digests(
            request.getBlobDigestsList(), request.getDigestFunctionValue(), "blob_digests");
    FindMissingBlobsResponse.Builder response = FindMissingBlobsResponse.newBuilder();
    if (!digests.isEmpty()) {
      // Told once, however often it was asked for; in the words of whoever asked.
      SequencedMap<Digest, build.bazel.remote.execution.v2.Digest> asked =
          LinkedHashMap.newLinkedHashMap(digests.size());
      for (int i = 0; i < digests.size(); i++) {
        asked.putIfAbsent(digests.get(i), request.getBlobDigests(i));
      }
      Set<Digest> missing = store.findMissing(instance, asked.keySet());
      asked.forEach((digest, words) -> {
        if (missing.contains(digest)) {
          response.addMissingBlobDigests(words);
        }
      });
    }
    responses.onNext(response.build());
    responses.onCompleted();
  }

  @Override
  public void batchUpdateBlobs(
      BatchUpdateBlobsRequest request, StreamObserver<BatchUpdateBlobsResponse> responses) {
    InstanceName instance = checks.writableInstance(request.getInstanceName());
    List<BatchUpdateBlobsRequest.Request> requests = request.getRequestsList();
    DigestFunction function =
        checks.function(
            requests.stream().limit(1).map(BatchUpdateBlobsRequest.Request::getDigest).toList(),
            request.getDigestFunctionValue());
    List<Digest> digests =
        IntStream.range(0, requests.size())
            .mapToObj(i ->
                Digests.fromProto(
                    requests.get(i).getDigest(), function, "requests[" + i + "].digest"))
            .toList();
    responses.onNext(batches.update(instance, digests, requests));
    responses.onCompleted();
  }

  @Override
  public void batchReadBlobs(
      BatchReadBlobsRequest request, StreamObserver<BatchReadBlobsResponse> responses) {
    InstanceName instance = checks.instance(request.getInstanceName());
    List<Digest> digests =
        checks.digests(request.getDigestsList(), request.getDigestFunctionValue(), "digests");
    responses.onNext(batches.read(instance, digests, request.getAcceptableCompressorsValueList()));
    responses.onCompleted();
  }

  @Override
  public void getTree(GetTreeRequest request, StreamObserver<GetTreeResponse> responses) {
    InstanceName instance = checks.instance(request.getInstanceName());
    Digest root =
        checks
            .digests(
                List.of(request.getRootDigest()), request.getDigestFunctionValue(), "root_digest")
            .getFirst();
    TreePages.Request pages =
        TreePages.Request.of(instance, root, request.getPageSize(), request.getPageToken());
    ServerStream.start(responses, stream -> trees.send(pages, stream));
  }

  @Override
  public void splitBlob(SplitBlobRequest request, StreamObserver<SplitBlobResponse> responses) {
    responses.onNext(chunks.split(request));
    responses.onCompleted();
  }

  @Override
  public void spliceBlob(SpliceBlobRequest request, StreamObserver<SpliceBlobResponse> responses) {
    responses.onNext(chunks.splice(request));
    responses.onCompleted();
  }
}
