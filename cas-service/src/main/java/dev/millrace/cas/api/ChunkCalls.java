package dev.millrace.cas.api;

import build.bazel.remote.execution.v2.SpliceBlobRequest;
import build.bazel.remote.execution.v2.SpliceBlobResponse;
import build.bazel.remote.execution.v2.SplitBlobRequest;
import build.bazel.remote.execution.v2.SplitBlobResponse;
import dev.millrace.cas.chunking.BlobSplicer;
import dev.millrace.cas.chunking.BlobSplitter;
import dev.millrace.cas.chunking.ChunkingFunction;
import dev.millrace.cas.chunking.Split;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import io.grpc.Context;
import java.util.List;

/** Blobs in chunks on the wire. */
public final class ChunkCalls {

  /** What digests may take of an answer, below what clients accept of a message. */
  private static final int MAX_ANSWER_BYTES = 3 * 1024 * 1024;

  /** A digest's size, and what frames it and its hash. */
  private static final int DIGEST_BYTES = 20;

  private final RequestChecks checks;
  private final BlobSplitter splitter;
  private final BlobSplicer splicer;

  public ChunkCalls(RequestChecks checks, BlobSplitter splitter, BlobSplicer splicer) {
    this.checks = checks;
    this.splitter = splitter;
    this.splicer = splicer;
  }

  SplitBlobResponse split(SplitBlobRequest request) {
    InstanceName instance = checks.instance(request.getInstanceName());
    Digest blob = blob(request.getBlobDigest(), request.getDigestFunctionValue());
    Split split =
        splitter.split(
            instance,
            blob,
            chunkingFunction(request.getChunkingFunctionValue()),
            MAX_ANSWER_BYTES / (blob.hash().length() + DIGEST_BYTES),
            Context.current()::isCancelled);
    return SplitBlobResponse.newBuilder()
        .addAllChunkDigests(split.chunks().stream().map(Digests::toProto).toList())
        .setChunkingFunctionValue(split.function().number())
        .build();
  }

  SpliceBlobResponse splice(SpliceBlobRequest request) {
    InstanceName instance = checks.writableInstance(request.getInstanceName());
    Digest blob = blob(request.getBlobDigest(), request.getDigestFunctionValue());
    List<Digest> chunks =
        Digests.fromProto(request.getChunkDigestsList(), blob.function(), "chunk_digests");
    Split split = new Split(chunkingFunction(request.getChunkingFunctionValue()), chunks);
    splicer.splice(instance, blob, split, Context.current()::isCancelled);
    return SpliceBlobResponse.newBuilder().setBlobDigest(request.getBlobDigest()).build();
  }

  private Digest blob(build.bazel.remote.execution.v2.Digest blob, int functionNumber) {
    DigestFunction function = checks.function(List.of(blob), functionNumber);
    return Digests.fromProto(blob, function, "blob_digest");
  }

  private static ChunkingFunction chunkingFunction(int number) {
    return ChunkingFunction.ofNumber(number)
        .orElseThrow(() ->
            new InvalidRequest(
                "chunking_function",
                "number %d is not served; use one that Capabilities has parameters of"
                    .formatted(number)));
  }
}
