package dev.millrace.cas.chunking;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.Hasher;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Cuts blobs into chunks, which are blobs of their own, and remembers what it cut. A split that is
 * remembered is given again only if all of its chunks are still there, which makes them used. Few
 * blobs are cut at once, as each takes some megabytes and a processor.
 */
public final class BlobSplitter {

  private final BlobStore store;
  private final SplitMemory memory;
  private final Chunkings chunkings;
  private final Semaphore slots;
  private final Duration patience;

  /**
   * @param slots how many blobs are cut at once
   * @param patience how long one waits for its turn
   */
  public BlobSplitter(
      BlobStore store, SplitMemory memory, Chunkings chunkings, int slots, Duration patience) {
    this.store = store;
    this.memory = memory;
    this.chunkings = chunkings;
    this.slots = new Semaphore(slots, /* fair= */ true);
    this.patience = patience;
  }

  /**
   * What a blob consists of; all chunks are stored.
   *
   * @param wanted how to cut it; {@link ChunkingFunction#UNKNOWN} leaves that open
   * @param maxChunks the most that the caller can make use of
   * @param abandoned tells that nobody waits for the answer any longer
   * @throws Failure.BlobAbsent if the blob is not stored
   * @throws Failure.InvalidRequest if it has more than {@code maxChunks} chunks
   */
  public Split split(
      InstanceName instance,
      Digest blob,
      ChunkingFunction wanted,
      int maxChunks,
      BooleanSupplier abandoned) {
    for (ChunkingFunction function : chunkings.acceptable(wanted)) {
      Optional<Split> remembered = recall(instance, blob, function);
      if (remembered.isPresent()) {
        return remembered.get();
      }
    }
    Chunking chunking = chunkings.choose(wanted);
    if (blob.sizeBytes() / chunking.maxChunkBytes() >= maxChunks) {
      throw tooMany(blob, maxChunks);
    }
    acquire();
    try (BlobReader reader = store.open(instance, blob)) {
      Split split = cut(instance, reader, chunking, maxChunks, abandoned);
      memory.remember(instance, blob, split);
      return split;
    } finally {
      slots.release();
    }
  }

  private Optional<Split> recall(InstanceName instance, Digest blob, ChunkingFunction function) {
    Optional<Split> remembered = memory.recall(instance, blob, function);
    if (remembered.isEmpty()) {
      return Optional.empty();
    }
    Set<Digest> wanted = new LinkedHashSet<>(remembered.get().chunks());
    wanted.add(blob);
    Set<Digest> missing = store.findMissing(instance, wanted);
    if (missing.contains(blob)) {
      throw new Failure.BlobAbsent(blob);
    }
    if (!missing.isEmpty()) {
      memory.forget(instance, blob, function);
      return Optional.empty();
    }
    return remembered;
  }

  private Split cut(
      InstanceName instance,
      BlobReader reader,
      Chunking chunking,
      int maxChunks,
      BooleanSupplier abandoned) {
    Digest blob = reader.digest();
    Hasher whole = blob.function().newHasher(blob.sizeBytes());
    List<Digest> chunks = new ArrayList<>();
    ChunkGroup group = new ChunkGroup(store, instance);
    ChunkReader source = new ChunkReader(reader, chunking);
    for (Optional<ByteBuffer> next = source.next(); next.isPresent(); next = source.next()) {
      if (abandoned.getAsBoolean()) {
        throw new Failure.Unavailable("nobody waits for the split any longer", /* cause= */ null);
      }
      if (chunks.size() == maxChunks) {
        throw tooMany(blob, maxChunks);
      }
      ByteBuffer content = next.get();
      whole.update(content.duplicate());
      if (content.remaining() == blob.sizeBytes()) {
        chunks.add(blob);
      } else {
        Hasher hasher = blob.function().newHasher(content.remaining());
        hasher.update(content.duplicate());
        Digest chunk = new Digest(blob.function(), hasher.hash(), content.remaining());
        chunks.add(chunk);
        group.add(chunk, ByteString.copyFrom(content));
      }
    }
    if (!whole.hash().equals(blob.hash())) {
      throw new Failure.Corrupt("blob " + blob + " has other content", /* cause= */ null);
    }
    group.flush();
    return new Split(chunking.function(), chunks);
  }

  private static Failure tooMany(Digest blob, int maxChunks) {
    return new Failure.InvalidRequest(
        "blob_digest",
        "blob %s has more than the %d chunks that an answer can name; read it whole"
            .formatted(blob, maxChunks));
  }

  private void acquire() {
    try {
      if (!slots.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new Failure.Exhausted("too many blobs are being split at once");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("shutting down", e);
    }
  }

  /** Chunks on their way into the store, several at once, as far as they are not in it. */
  private static final class ChunkGroup {

    private static final long MAX_BYTES = 4 * 1024 * 1024;

    private final BlobStore store;
    private final InstanceName instance;
    private final Map<Digest, ByteString> pending = new LinkedHashMap<>();
    private long bytes;

    ChunkGroup(BlobStore store, InstanceName instance) {
      this.store = store;
      this.instance = instance;
    }

    void add(Digest chunk, ByteString content) {
      if (pending.putIfAbsent(chunk, content) == null) {
        bytes += content.size();
        if (bytes >= MAX_BYTES) {
          flush();
        }
      }
    }

    void flush() {
      if (pending.isEmpty()) {
        return;
      }
      pending.keySet().retainAll(store.findMissing(instance, Set.copyOf(pending.keySet())));
      if (!pending.isEmpty()) {
        for (Failure failure : store.writeAll(instance, Map.copyOf(pending)).values()) {
          throw failure;
        }
      }
      pending.clear();
      bytes = 0;
    }
  }
}
