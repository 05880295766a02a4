package dev.millrace.cas.cache;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Keeps copies of what is read on the local disk, so that a blob is fetched once however many ask.
 * The delegate stays the truth: it is asked for each blob that is opened, which is one look-up in
 * its index that counts as use, and its reader, which must not move a byte before the first read,
 * stands by in case that the copy fails. A local disk that is full or broken costs speed only.
 *
 * <p>Goes directly around the store that it spares; hashes what it copies, so that the delegate's
 * bytes need no check of their own.
 */
public final class CachingBlobStore implements BlobStore {

  private final BlobStore delegate;
  private final CacheLimits limits;
  private final LocalCopies copies;
  private final Fetches fetches;
  private final SharedReads batches = new SharedReads();

  /**
   * @param disk where copies live, for this store alone; closed by whoever opened it
   */
  public CachingBlobStore(BlobStore delegate, DiskBlobStore disk, CacheLimits limits) {
    this.delegate = delegate;
    this.limits = limits;
    this.copies = new LocalCopies(disk);
    this.fetches = new Fetches(copies, limits);
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    BlobReader source = delegate.open(instance, digest);
    return limits.keep(digest)
        ? new CachingReader(new BlobKey(instance, digest), source, copies, fetches, batches)
        : source;
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return delegate.create(instance, digest);
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    return delegate.findMissing(instance, digests);
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> blobs = copied(instance, digests);
    Set<Digest> rest = new LinkedHashSet<>(digests);
    rest.removeAll(blobs.keySet());
    Set<Digest> streamed = new LinkedHashSet<>(rest);
    streamed.removeIf(digest -> !fetches.isUnderWay(new BlobKey(instance, digest)));
    rest.removeAll(streamed);
    blobs.putAll(batches.read(instance, rest, asked -> fetch(instance, asked)));
    blobs.putAll(Blobs.readEach(this, instance, streamed));
    return blobs;
  }

  /** What is there locally and, says the delegate, still exists. */
  private Map<Digest, ByteString> copied(InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    for (Digest digest : digests) {
      if (limits.keep(digest)) {
        copies.read(new BlobKey(instance, digest)).ifPresent(blob -> blobs.put(digest, blob));
      }
    }
    if (!blobs.isEmpty()) {
      blobs.keySet().removeAll(delegate.findMissing(instance, Set.copyOf(blobs.keySet())));
    }
    return blobs;
  }

  private Map<Digest, ByteString> fetch(InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> blobs = delegate.readAll(instance, digests);
    blobs.forEach((digest, blob) -> {
      try {
        keep(instance, digest, blob);
      } catch (Failure.ContentMismatch wrong) {
        throw new Failure.Corrupt("a blob is not what it was stored as", wrong);
      }
    });
    return blobs;
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    Map<Digest, Failure> failures = delegate.writeAll(instance, blobs);
    blobs.forEach((digest, blob) -> {
      if (!failures.containsKey(digest)) {
        keep(instance, digest, blob);
      }
    });
    return failures;
  }

  private void keep(InstanceName instance, Digest digest, ByteString blob) {
    if (limits.keep(digest)) {
      copies.put(new BlobKey(instance, digest), blob);
    }
  }

  /** How many fetches are under way. */
  int fetching() {
    return fetches.count();
  }
}
