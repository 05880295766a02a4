package dev.millrace.cas.api;

import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.Compressor;
import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.instance.InstanceName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Many small blobs in one message, each of which succeeds or fails alone. */
final class BlobBatches {

  private static final Status OK = Status.getDefaultInstance();

  private final BlobStore store;
  private final FailureStatuses statuses;
  private final long maxTotalBytes;

  BlobBatches(BlobStore store, FailureStatuses statuses, long maxTotalBytes) {
    this.store = store;
    this.statuses = statuses;
    this.maxTotalBytes = maxTotalBytes;
  }

  /**
   * Stores blobs.
   *
   * @param digests those of {@code requests}, in the same order
   */
  BatchUpdateBlobsResponse update(
      InstanceName instance,
      List<Digest> digests,
      List<BatchUpdateBlobsRequest.Request> requests) {
    checkTotal(requests.stream().mapToLong(r -> r.getData().size()).sum(), "requests");
    List<Optional<Failure>> outcomes = new ArrayList<>();
    Map<Digest, ByteString> batch = new LinkedHashMap<>();
    for (int i = 0; i < requests.size(); i++) {
      Optional<Failure> refused = refusal(requests.get(i), "requests[" + i + "]");
      outcomes.add(refused);
      if (refused.isEmpty()) {
        batch.putIfAbsent(digests.get(i), requests.get(i).getData());
      }
    }
    Map<Digest, Failure> failures = batch.isEmpty() ? Map.of() : store.writeAll(instance, batch);
    BatchUpdateBlobsResponse.Builder response = BatchUpdateBlobsResponse.newBuilder();
    for (int i = 0; i < requests.size(); i++) {
      Digest digest = digests.get(i);
      ByteString data = requests.get(i).getData();
      Optional<Failure> outcome = outcomes.get(i);
      if (outcome.isEmpty()) {
        // The same digest with other data was not part of the batch, and is its own case.
        outcome =
            data.equals(batch.get(digest))
                ? Optional.ofNullable(failures.get(digest))
                : Optional.ofNullable(store.writeAll(instance, Map.of(digest, data)).get(digest));
      }
      response
          .addResponsesBuilder()
          .setDigest(requests.get(i).getDigest())
          .setStatus(outcome.map(statuses::of).orElse(OK));
    }
    return response.build();
  }

  BatchReadBlobsResponse read(InstanceName instance, List<Digest> digests) {
    long total = 0;
    for (Digest digest : digests) {
      // Sizes are as the client says, so that a sum of them may overflow.
      total += Math.min(digest.sizeBytes(), maxTotalBytes + 1);
      checkTotal(total, "digests");
    }
    Map<Digest, Blob> blobs = readAll(instance, new LinkedHashSet<>(digests));
    BatchReadBlobsResponse.Builder response = BatchReadBlobsResponse.newBuilder();
    for (Digest digest : digests) {
      BatchReadBlobsResponse.Response.Builder item =
          response.addResponsesBuilder().setDigest(Digests.toProto(digest));
      switch (blobs.getOrDefault(digest, new Blob.Failed(new Failure.BlobAbsent(digest)))) {
        case Blob.Found(ByteString data) -> item.setData(data).setStatus(OK);
        case Blob.Failed(Failure failure) -> item.setStatus(statuses.of(failure));
      }
    }
    return response.build();
  }

  /** What became of one blob that was to be read. */
  private sealed interface Blob {
    record Found(ByteString data) implements Blob {}

    record Failed(Failure failure) implements Blob {}
  }

  private Map<Digest, Blob> readAll(InstanceName instance, Set<Digest> digests) {
    Map<Digest, Blob> blobs = new HashMap<>();
    try {
      store.readAll(instance, digests).forEach((d, data) -> blobs.put(d, new Blob.Found(data)));
    } catch (Failure.Corrupt damaged) {
      // One damaged blob must not hide the others.
      digests.forEach(digest -> blobs.put(digest, readAlone(instance, digest)));
    }
    return blobs;
  }

  private Blob readAlone(InstanceName instance, Digest digest) {
    try {
      return new Blob.Found(Blobs.read(store, instance, digest, Math.toIntExact(maxTotalBytes)));
    } catch (Failure failure) {
      return new Blob.Failed(failure);
    }
  }

  private static Optional<Failure> refusal(BatchUpdateBlobsRequest.Request request, String field) {
    return request.getCompressorValue() == Compressor.Value.IDENTITY_VALUE
        ? Optional.empty()
        : Optional.of(
            new InvalidRequest(
                field + ".compressor",
                "number %d is not served; use one that Capabilities lists"
                    .formatted(request.getCompressorValue())));
  }

  private void checkTotal(long total, String field) {
    if (total > maxTotalBytes) {
      throw new InvalidRequest(
          field, "are more than %d bytes together; use ByteStream".formatted(maxTotalBytes));
    }
  }
}
