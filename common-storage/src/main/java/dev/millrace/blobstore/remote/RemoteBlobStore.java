package dev.millrace.blobstore.remote;

import build.bazel.remote.execution.v2.BatchReadBlobsRequest;
import build.bazel.remote.execution.v2.BatchReadBlobsResponse;
import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import build.bazel.remote.execution.v2.BatchUpdateBlobsResponse;
import build.bazel.remote.execution.v2.FindMissingBlobsRequest;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.peer.Attempts;
import dev.millrace.peer.PeerFailures;
import io.grpc.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Blobs that a CAS at the other end of a channel keeps: streams over ByteStream, many small ones in
 * batches. The peer verifies what is sent to it, so nothing goes around this. Goes innermost in
 * every service that does not keep blobs itself.
 *
 * <p>Calls that can be repeated are, a few times, if the peer is out of reach; a write that has
 * begun to stream is not, since its bytes are gone.
 */
public final class RemoteBlobStore implements BlobStore {

  /** Below what any peer allows: 4 MiB less its margin. The rest is for digests and framing. */
  static final long BATCH_BYTES = 3 * 1024 * 1024;

  /** A digest, a status and framing take less, of every digest function. */
  static final int ITEM_BYTES = 256;

  /** So many digests of the longest hash stay below 2 MiB. */
  static final int FIND_MISSING_DIGESTS = 10_000;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Peer peer;

  public RemoteBlobStore(Channel channel) {
    this(new Peer(channel, Attempts.standard(), UUID::randomUUID, PATIENCE));
  }

  RemoteBlobStore(Peer peer) {
    this.peer = peer;
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    RemoteBlobReader reader = new RemoteBlobReader(peer, instance, digest);
    reader.awaitStart();
    return reader;
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return new RemoteBlobWriter(peer, instance, digest);
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    Set<Digest> missing = new LinkedHashSet<>();
    byFunction(digests, Function.identity())
        .forEach((function, group) -> {
          for (List<Digest> batch :
              Batches.pack(group, FIND_MISSING_DIGESTS, Long.MAX_VALUE, digest -> 0)) {
            missing.addAll(findMissing(instance, function, batch));
          }
        });
    return missing;
  }

  private List<Digest> findMissing(
      InstanceName instance, DigestFunction function, List<Digest> batch) {
    FindMissingBlobsRequest request =
        FindMissingBlobsRequest.newBuilder()
            .setInstanceName(instance.value())
            .setDigestFunction(Digests.toProto(function))
            .addAllBlobDigests(batch.stream().map(Digests::toProto).toList())
            .build();
    var missing =
        new HashSet<>(
            peer.attempts()
                .run(() -> peer.cas().findMissingBlobs(request), PeerFailures::of)
                .getMissingBlobDigestsList());
    return batch.stream().filter(digest -> missing.contains(Digests.toProto(digest))).toList();
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    Set<Digest> large =
        digests.stream()
            .filter(RemoteBlobStore::isLarge)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    Set<Digest> small =
        digests.stream()
            .filter(d -> !isLarge(d))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    byFunction(small, Function.identity())
        .forEach((function, group) -> {
          for (List<Digest> batch :
              Batches.pack(
                  group,
                  Integer.MAX_VALUE,
                  BATCH_BYTES,
                  digest -> ITEM_BYTES + digest.sizeBytes())) {
            readBatch(instance, function, batch, blobs);
          }
        });
    blobs.putAll(Blobs.readEach(this, instance, large));
    return blobs;
  }

  private void readBatch(
      InstanceName instance,
      DigestFunction function,
      List<Digest> batch,
      Map<Digest, ByteString> blobs) {
    BatchReadBlobsRequest request =
        BatchReadBlobsRequest.newBuilder()
            .setInstanceName(instance.value())
            .setDigestFunction(Digests.toProto(function))
            .addAllDigests(batch.stream().map(Digests::toProto).toList())
            .build();
    BatchReadBlobsResponse answer =
        peer.attempts().run(() -> peer.cas().batchReadBlobs(request), PeerFailures::of);
    var asked = batch.stream().collect(Collectors.toMap(Digests::toProto, Function.identity()));
    for (BatchReadBlobsResponse.Response item : answer.getResponsesList()) {
      Digest digest = asked.remove(item.getDigest());
      if (digest == null || item.getStatus().getCode() == Code.NOT_FOUND_VALUE) {
        continue;
      }
      if (item.getStatus().getCode() != Code.OK_VALUE) {
        throw Peer.failure(digest, item.getStatus());
      }
      if (item.getData().size() != digest.sizeBytes()) {
        throw new Failure.Corrupt(
            "blob %s came with %d bytes".formatted(digest, item.getData().size()),
            /* cause= */ null);
      }
      blobs.put(digest, item.getData());
    }
    if (!asked.isEmpty()) {
      throw new Failure.Unavailable(
          "a peer left %d blobs of a batch unanswered".formatted(asked.size()), /* cause= */ null);
    }
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    Map<Digest, Failure> failures = new LinkedHashMap<>();
    Map<Digest, ByteString> large = new LinkedHashMap<>();
    List<Map.Entry<Digest, ByteString>> small = new ArrayList<>();
    for (Map.Entry<Digest, ByteString> blob : blobs.entrySet()) {
      // What is sent counts here: content that is far too long must be refused, not fail to be
      // sent.
      if (blob.getValue().size() > BATCH_BYTES) {
        large.put(blob.getKey(), blob.getValue());
      } else {
        small.add(blob);
      }
    }
    byFunction(small, Map.Entry::getKey)
        .forEach((function, group) -> {
          for (List<Map.Entry<Digest, ByteString>> batch :
              Batches.pack(
                  group,
                  Integer.MAX_VALUE,
                  BATCH_BYTES,
                  blob -> ITEM_BYTES + blob.getValue().size())) {
            failures.putAll(writeBatch(instance, function, batch));
          }
        });
    failures.putAll(Blobs.writeEach(this, instance, large));
    return failures;
  }

  private Map<Digest, Failure> writeBatch(
      InstanceName instance, DigestFunction function, List<Map.Entry<Digest, ByteString>> batch) {
    BatchUpdateBlobsRequest.Builder request =
        BatchUpdateBlobsRequest.newBuilder()
            .setInstanceName(instance.value())
            .setDigestFunction(Digests.toProto(function));
    for (Map.Entry<Digest, ByteString> blob : batch) {
      request
          .addRequestsBuilder()
          .setDigest(Digests.toProto(blob.getKey()))
          .setData(blob.getValue());
    }
    BatchUpdateBlobsRequest built = request.build();
    Map<Digest, Failure> failures = new LinkedHashMap<>();
    try {
      BatchUpdateBlobsResponse answer =
          peer.attempts().run(() -> peer.cas().batchUpdateBlobs(built), PeerFailures::of);
      var asked =
          batch.stream()
              .map(Map.Entry::getKey)
              .collect(Collectors.toMap(Digests::toProto, Function.identity()));
      for (BatchUpdateBlobsResponse.Response item : answer.getResponsesList()) {
        Digest digest = asked.remove(item.getDigest());
        if (digest != null && item.getStatus().getCode() != Code.OK_VALUE) {
          failures.put(digest, Peer.writeFailure(digest, Peer.failure(digest, item.getStatus())));
        }
      }
      for (Digest unanswered : asked.values()) {
        failures.put(
            unanswered,
            new Failure.Unavailable(
                "a peer left " + unanswered + " unanswered", /* cause= */ null));
      }
    } catch (Failure ofWholeCall) {
      batch.forEach(blob -> failures.put(blob.getKey(), ofWholeCall));
    }
    return failures;
  }

  private static boolean isLarge(Digest digest) {
    return digest.sizeBytes() > BATCH_BYTES;
  }

  /** A request speaks of one function; most callers use one. */
  private static <T> Map<DigestFunction, List<T>> byFunction(
      Collection<T> items, Function<T, Digest> digest) {
    return items.stream()
        .collect(
            Collectors.groupingBy(
                item -> digest.apply(item).function(), LinkedHashMap::new, Collectors.toList()));
  }
}
