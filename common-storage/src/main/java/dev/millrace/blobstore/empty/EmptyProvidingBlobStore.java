package dev.millrace.blobstore.empty;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Has the empty blob of every digest function in every instance, without asking the delegate.
 * Clients never upload it but refer to it, and a back end then need not care for blobs of no bytes.
 * Goes outside of everything that does I/O.
 */
public final class EmptyProvidingBlobStore implements BlobStore {

  private static final Map<DigestFunction, Digest> EMPTY = new EnumMap<>(DigestFunction.class);

  static {
    for (DigestFunction function : DigestFunction.values()) {
      EMPTY.put(function, function.digestOf(new byte[0]));
    }
  }

  private final BlobStore delegate;

  public EmptyProvidingBlobStore(BlobStore delegate) {
    this.delegate = delegate;
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    return isProvided(digest) ? new EmptyBlobReader(digest) : delegate.open(instance, digest);
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return isProvided(digest) ? new EmptyBlobWriter(digest) : delegate.create(instance, digest);
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    if (noneIsProvided(digests)) {
      return delegate.findMissing(instance, digests);
    }
    Set<Digest> others = new HashSet<>(digests);
    others.removeIf(EmptyProvidingBlobStore::isProvided);
    return others.isEmpty() ? Set.of() : delegate.findMissing(instance, others);
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    if (noneIsProvided(digests)) {
      return delegate.readAll(instance, digests);
    }
    Set<Digest> others = new HashSet<>(digests);
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    for (Digest digest : digests) {
      if (isProvided(digest)) {
        blobs.put(digest, ByteString.EMPTY);
        others.remove(digest);
      }
    }
    if (!others.isEmpty()) {
      blobs.putAll(delegate.readAll(instance, others));
    }
    return blobs;
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    if (noneIsProvided(blobs.keySet())) {
      return delegate.writeAll(instance, blobs);
    }
    Map<Digest, ByteString> others = new LinkedHashMap<>(blobs);
    Map<Digest, Failure> failures = new LinkedHashMap<>();
    blobs.forEach((digest, blob) -> {
      if (isProvided(digest)) {
        others.remove(digest);
        if (!blob.isEmpty()) {
          failures.put(digest, EmptyBlobWriter.notEmpty(digest));
        }
      }
    });
    if (!others.isEmpty()) {
      failures.putAll(delegate.writeAll(instance, others));
    }
    return failures;
  }

  /** Nearly always: then nothing needs to be taken apart. */
  private static boolean noneIsProvided(Set<Digest> digests) {
    for (Digest digest : digests) {
      if (isProvided(digest)) {
        return false;
      }
    }
    return true;
  }

  /** A size of 0 under another hash names no blob that could exist; the delegate says so. */
  private static boolean isProvided(Digest digest) {
    return digest.isEmpty() && digest.equals(EMPTY.get(digest.function()));
  }

  private record EmptyBlobReader(Digest digest) implements BlobReader {
    @Override
    public int read(long position, ByteBuffer target) {
      return 0;
    }

    @Override
    public void close() {}
  }

  private record EmptyBlobWriter(Digest digest) implements BlobWriter {
    static Failure notEmpty(Digest digest) {
      return new Failure.ContentMismatch(digest, "this is the empty blob, but bytes were sent");
    }

    @Override
    public long written() {
      return 0;
    }

    @Override
    public void write(ByteBuffer bytes) {
      if (bytes.hasRemaining()) {
        throw notEmpty(digest);
      }
    }

    @Override
    public void commit() {}

    @Override
    public void close() {}
  }
}
