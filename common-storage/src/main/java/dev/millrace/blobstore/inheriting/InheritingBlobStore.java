package dev.millrace.blobstore.inheriting;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Lets an instance read what the instances above it have: {@code team/project} what {@code team}
 * wrote, so that projects share a team's toolchains without sharing their own blobs upwards or
 * sideways. Writes go to the instance that is named. Costs one more look for each segment, and only
 * for blobs that are not found; goes outside of the back end and whatever caches it.
 */
public final class InheritingBlobStore implements BlobStore {

  private final BlobStore delegate;

  public InheritingBlobStore(BlobStore delegate) {
    this.delegate = delegate;
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    InstanceName current = instance;
    while (true) {
      try {
        return delegate.open(current, digest);
      } catch (Failure.BlobAbsent absent) {
        current = current.parent().orElseThrow(() -> absent);
      }
    }
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return delegate.create(instance, digest);
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    Set<Digest> missing = delegate.findMissing(instance, digests);
    for (Optional<InstanceName> above = instance.parent();
        above.isPresent() && !missing.isEmpty();
        above = above.get().parent()) {
      missing = delegate.findMissing(above.get(), missing);
    }
    return missing;
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    Map<Digest, ByteString> found = delegate.readAll(instance, digests);
    if (found.size() == digests.size() || instance.isRoot()) {
      return found;
    }
    Map<Digest, ByteString> blobs = new LinkedHashMap<>(found);
    for (Optional<InstanceName> above = instance.parent();
        above.isPresent() && blobs.size() < digests.size();
        above = above.get().parent()) {
      Set<Digest> missing = new LinkedHashSet<>(digests);
      missing.removeAll(blobs.keySet());
      blobs.putAll(delegate.readAll(above.get(), missing));
    }
    return blobs;
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    return delegate.writeAll(instance, blobs);
  }
}
