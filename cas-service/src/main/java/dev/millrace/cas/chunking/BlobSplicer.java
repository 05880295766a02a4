package dev.millrace.cas.chunking;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Joins chunks into a blob. The store that it writes to verifies the whole, so that a blob becomes
 * visible only if its chunks make it up; that they do is then remembered.
 */
public final class BlobSplicer {

  private static final int COPY_BYTES = 256 * 1024;

  private final BlobStore store;
  private final SplitMemory memory;

  public BlobSplicer(BlobStore store, SplitMemory memory) {
    this.store = store;
    this.memory = memory;
  }

  /**
   * Stores a blob.
   *
   * @param split what it consists of, as the caller says
   * @param abandoned tells that nobody waits for the answer any longer
   * @throws Failure.InvalidRequest if the chunks' sizes are not the blob's
   * @throws Failure.BlobAbsent if a chunk is not stored
   * @throws Failure.ContentMismatch if the chunks make up something else
   */
  public void splice(InstanceName instance, Digest blob, Split split, BooleanSupplier abandoned) {
    checkSizes(blob, split);
    Set<Digest> wanted = new LinkedHashSet<>(split.chunks());
    wanted.add(blob);
    Set<Digest> missing = store.findMissing(instance, wanted);
    // In the order of the request, so that the one named is always the same.
    for (Digest chunk : split.chunks()) {
      if (missing.contains(chunk)) {
        throw new Failure.BlobAbsent(chunk);
      }
    }
    // What is there already need not be joined. But whether it is made of these is not known.
    if (missing.contains(blob)) {
      join(instance, blob, split, abandoned);
      memory.remember(instance, blob, split);
    }
  }

  private static void checkSizes(Digest blob, Split split) {
    long left = blob.sizeBytes();
    for (Digest chunk : split.chunks()) {
      left -= chunk.sizeBytes();
      if (left < 0) {
        break;
      }
    }
    if (left != 0) {
      throw new Failure.InvalidRequest(
          "chunk_digests",
          "the chunks together are %s than the %d bytes of the blob"
              .formatted(left < 0 ? "more" : "less", blob.sizeBytes()));
    }
  }

  private void join(InstanceName instance, Digest blob, Split split, BooleanSupplier abandoned) {
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, blob.sizeBytes()));
    try (BlobWriter writer = store.create(instance, blob)) {
      for (Digest chunk : split.chunks()) {
        try (BlobReader reader = store.open(instance, chunk)) {
          copy(reader, writer, buffer, abandoned);
        }
      }
      writer.commit();
    }
  }

  private static void copy(
      BlobReader chunk, BlobWriter blob, ByteBuffer buffer, BooleanSupplier abandoned) {
    long size = chunk.digest().sizeBytes();
    for (long position = 0; position < size; ) {
      if (abandoned.getAsBoolean()) {
        throw new Failure.Unavailable("nobody waits for the blob any longer", /* cause= */ null);
      }
      buffer.clear().limit((int) Math.min(buffer.capacity(), size - position));
      int read = chunk.read(position, buffer);
      if (buffer.hasRemaining()) {
        throw new Failure.Corrupt(
            "chunk %s ended after %d bytes".formatted(chunk.digest(), position + read),
            /* cause= */ null);
      }
      blob.write(buffer.flip());
      position += read;
    }
  }
}
