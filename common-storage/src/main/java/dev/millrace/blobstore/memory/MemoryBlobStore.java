package dev.millrace.blobstore.memory;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps blobs on the heap and never drops one. Takes content as it comes: wrap it in a {@code
 * VerifyingBlobStore}.
 */
public final class MemoryBlobStore implements BlobStore {

  private record Key(InstanceName instance, Digest digest) {}

  private final Map<Key, ByteString> blobs = new ConcurrentHashMap<>();

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    ByteString blob = blobs.get(new Key(instance, digest));
    if (blob == null) {
      throw new Failure.BlobAbsent(digest);
    }
    return new MemoryBlobReader(digest, blob);
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return new MemoryBlobWriter(blob -> blobs.putIfAbsent(new Key(instance, digest), blob));
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    Set<Digest> missing = new LinkedHashSet<>(digests);
    missing.removeIf(digest -> blobs.containsKey(new Key(instance, digest)));
    return missing;
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    return Blobs.readEach(this, instance, digests);
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> toWrite) {
    return Blobs.writeEach(this, instance, toWrite);
  }

  /** Forgets a blob, as collection would. */
  public void drop(InstanceName instance, Digest digest) {
    blobs.remove(new Key(instance, digest));
  }

  private record MemoryBlobReader(Digest digest, ByteString blob) implements BlobReader {
    @Override
    public int read(long position, ByteBuffer target) {
      int length = (int) Math.min(target.remaining(), blob.size() - position);
      ByteBuffer window = target.slice(target.position(), length);
      blob.substring((int) position, (int) position + length).copyTo(window);
      target.position(target.position() + length);
      return length;
    }

    @Override
    public void close() {}
  }
}
