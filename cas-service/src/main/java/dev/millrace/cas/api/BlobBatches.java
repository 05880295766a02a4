package dev.millrace.cas.api;

import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
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
import dev.millrace.resourcename.Compressor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Many small blobs in one message, each of which succeeds or fails alone. */
public final class BlobBatches {

  private static final Status OK = Status.getDefaultInstance();

  /** What a message holds besides the content of the largest batch. */
  private static final long ANSWER_MARGIN_BYTES = 1024 * 1024;

  /** A digest's size, a status's code, a compressor, and what frames them and the content. */
  private static final int ITEM_BYTES = 32;

  private final BlobStore store;
  private final FailureStatuses statuses;
  private final BatchCompression compression;
  private final long maxTotalBytes;

  /**
   * @param maxTotalBytes most bytes of content in one batch
   */
  public BlobBatches(
      BlobStore store, FailureStatuses statuses, CodecSlots codecs, long maxTotalBytes) {
    this.store = store;
    this.statuses = statuses;
    this.compression = new BatchCompression(codecs);
    this.maxTotalBytes = maxTotalBytes;
  }

  /** What one item of a batch comes to. */
  private sealed interface Outcome {
    record Content(ByteString data) implements Outcome {}

    record Failed(Failure failure) implements Outcome {}
  }

  /**
   * Stores blobs.
   *
   * @param digests those of {@code requests}, in the same order
   */
  BatchUpdateBlobsResponse update(
      InstanceName instance, List<Digest> digests, List<BatchUpdateBlobsRequest.Request> requests) {
    checkUpdate(digests, requests);
    List<Outcome> contents = new ArrayList<>();
    Map<Digest, ByteString> batch = new LinkedHashMap<>();
    for (int i = 0; i < requests.size(); i++) {
      Outcome outcome = content(digests.get(i), requests.get(i), "requests[" + i + "]");
      contents.add(outcome);
      if (outcome instanceof Outcome.Content(ByteString data)) {
        batch.putIfAbsent(digests.get(i), data);
      }
    }
    Map<Digest, Failure> failures = batch.isEmpty() ? Map.of() : store.writeAll(instance, batch);
    ItemStatuses items = new ItemStatuses(statuses);
    BatchUpdateBlobsResponse.Builder response = BatchUpdateBlobsResponse.newBuilder();
    for (int i = 0; i < requests.size(); i++) {
      Digest digest = digests.get(i);
      Status status =
          switch (contents.get(i)) {
            case Outcome.Failed(Failure failure) -> items.of(failure);
            // The same digest with other data was not part of the batch, and is its own case.
            case Outcome.Content(ByteString data) ->
                data.equals(batch.get(digest))
                    ? status(items, failures, digest)
                    : status(items, store.writeAll(instance, Map.of(digest, data)), digest);
          };
      response.addResponsesBuilder().setDigest(requests.get(i).getDigest()).setStatus(status);
    }
    return response.build();
  }

  /**
   * Reads blobs.
   *
   * @param acceptableCompressors numbers on the wire of what the caller can undo
   */
  BatchReadBlobsResponse read(
      InstanceName instance, List<Digest> digests, List<Integer> acceptableCompressors) {
    checkRead(digests);
    Optional<Compressor> compressor = ServedCompressors.best(acceptableCompressors);
    Map<Digest, Outcome> blobs = readAll(instance, new LinkedHashSet<>(digests));
    ItemStatuses items = new ItemStatuses(statuses);
    BatchReadBlobsResponse.Builder response = BatchReadBlobsResponse.newBuilder();
    for (Digest digest : digests) {
      BatchReadBlobsResponse.Response.Builder item =
          BatchReadBlobsResponse.Response.newBuilder().setDigest(Digests.toProto(digest));
      switch (blobs.getOrDefault(digest, new Outcome.Failed(new Failure.BlobAbsent(digest)))) {
        case Outcome.Failed(Failure failure) -> item.setStatus(items.of(failure));
        case Outcome.Content(ByteString data) -> {
          item.setData(data).setStatus(OK);
          compressor.ifPresent(accepted ->
              compression
                  .compress(ServedCompressors.format(accepted), data)
                  .ifPresent(c -> item.setData(c).setCompressorValue(accepted.number())));
        }
      }
      response.addResponses(item.build());
    }
    return response.build();
  }

  private Map<Digest, Outcome> readAll(InstanceName instance, Set<Digest> digests) {
    Map<Digest, Outcome> blobs = new HashMap<>();
    try {
      store
          .readAll(instance, digests)
          .forEach((d, data) -> blobs.put(d, new Outcome.Content(data)));
    } catch (Failure.Corrupt damaged) {
      // One damaged blob must not hide the others.
      digests.forEach(digest -> blobs.put(digest, readAlone(instance, digest)));
    }
    return blobs;
  }

  private Outcome readAlone(InstanceName instance, Digest digest) {
    try {
      return new Outcome.Content(
          Blobs.read(store, instance, digest, Math.toIntExact(maxTotalBytes)));
    } catch (Failure failure) {
      return new Outcome.Failed(failure);
    }
  }

  private Outcome content(Digest digest, BatchUpdateBlobsRequest.Request request, String field) {
    try {
      int number = request.getCompressorValue();
      if (number == Compressor.IDENTITY.number()) {
        return new Outcome.Content(request.getData());
      }
      Compressor compressor =
          Compressor.ofNumber(number)
              .filter(ServedCompressors.ALL::contains)
              .orElseThrow(() ->
                  new InvalidRequest(
                      field + ".compressor",
                      "number %d is not served; use one that Capabilities lists"
                          .formatted(number)));
      return new Outcome.Content(
          compression.decompress(
              ServedCompressors.format(compressor), digest, request.getData(), field + ".data"));
    } catch (Failure failure) {
      return new Outcome.Failed(failure);
    }
  }

  /** Adds up content, and what names it in the answer: tiny blobs are mostly names. */
  private void checkRead(List<Digest> digests) {
    long total = 0;
    long names = 0;
    for (Digest digest : digests) {
      total = add(total, digest.sizeBytes(), "digests");
      names += digest.hash().length() + ITEM_BYTES;
    }
    if (total + names > maxTotalBytes + ANSWER_MARGIN_BYTES - ItemStatuses.MAX_BYTES) {
      throw new InvalidRequest(
          "digests",
          "are %d, which is more than one answer can name; ask for fewer at once"
              .formatted(digests.size()));
    }
  }

  /** Adds up what is sent and, where that is compressed, what it says it will become. */
  private void checkUpdate(List<Digest> digests, List<BatchUpdateBlobsRequest.Request> requests) {
    long total = 0;
    for (int i = 0; i < requests.size(); i++) {
      boolean compressed = requests.get(i).getCompressorValue() != Compressor.IDENTITY.number();
      total =
          add(
              total,
              compressed ? digests.get(i).sizeBytes() : requests.get(i).getData().size(),
              "requests");
    }
  }

  /** The sum, which cannot overflow as it never grows beyond the maximum. */
  private long add(long total, long bytes, String field) {
    if (bytes > maxTotalBytes - total) {
      throw new InvalidRequest(
          field, "are more than %d bytes together; use ByteStream".formatted(maxTotalBytes));
    }
    return total + bytes;
  }

  private static Status status(ItemStatuses items, Map<Digest, Failure> failures, Digest digest) {
    Failure failure = failures.get(digest);
    return failure == null ? OK : items.of(failure);
  }
}
