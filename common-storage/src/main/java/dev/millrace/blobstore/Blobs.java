package dev.millrace.blobstore;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Whole blobs in memory, on top of the streams that a {@link BlobStore} has. */
public final class Blobs {

  private Blobs() {}

  /**
   * Reads a blob into memory.
   *
   * @param limit the most bytes that the caller is ready to hold
   * @throws Failure.BlobAbsent if it is not stored
   * @throws Failure.Exhausted if it is larger than {@code limit}
   */
  public static ByteString read(BlobStore store, InstanceName instance, Digest digest, int limit) {
    if (digest.sizeBytes() > limit) {
      throw new Failure.Exhausted(
          "blob %s is larger than the %d bytes that are read at once".formatted(digest, limit));
    }
    try (BlobReader reader = store.open(instance, digest)) {
      byte[] bytes = new byte[(int) digest.sizeBytes()];
      int read = reader.read(0, ByteBuffer.wrap(bytes));
      if (read != bytes.length) {
        throw new Failure.Corrupt(
            "blob %s ended after %d bytes".formatted(digest, read), /* cause= */ null);
      }
      return UnsafeByteOperations.unsafeWrap(bytes);
    }
  }

  /** Stores a blob from memory. */
  public static void write(BlobStore store, InstanceName instance, Digest digest, ByteString blob) {
    try (BlobWriter writer = store.create(instance, digest)) {
      for (ByteBuffer part : blob.asReadOnlyByteBufferList()) {
        writer.write(part);
      }
      writer.commit();
    }
  }

  /** Stores a blob from memory under the digest that it has. */
  public static Digest write(
      BlobStore store, InstanceName instance, DigestFunction function, ByteString blob) {
    Digest digest = function.digestOf(blob.toByteArray());
    write(store, instance, digest, blob);
    return digest;
  }

  /** {@link BlobStore#readAll} for a back end that has nothing faster than one by one. */
  public static Map<Digest, ByteString> readEach(
      BlobStore store, InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    for (Digest digest : digests) {
      try {
        blobs.put(digest, read(store, instance, digest, Integer.MAX_VALUE));
      } catch (Failure.BlobAbsent absent) {
        // An absent blob is an answer here: it is left out.
      }
    }
    return blobs;
  }

  /** {@link BlobStore#writeAll} for a back end that has nothing faster than one by one. */
  public static Map<Digest, Failure> writeEach(
      BlobStore store, InstanceName instance, Map<Digest, ByteString> blobs) {
    Map<Digest, Failure> failures = new LinkedHashMap<>();
    blobs.forEach((digest, blob) -> {
      try {
        write(store, instance, digest, blob);
      } catch (Failure failure) {
        failures.put(digest, failure);
      }
    });
    return failures;
  }
}
