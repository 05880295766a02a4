package dev.millrace.actioncache.completeness;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes down what is looked for. */
record CountingBlobStore(BlobStore delegate, List<Set<Digest>> looks) implements BlobStore {

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    return delegate.open(instance, digest);
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return delegate.create(instance, digest);
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    looks.add(Set.copyOf(digests));
    return delegate.findMissing(instance, digests);
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    return delegate.readAll(instance, digests);
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> toWrite) {
    return delegate.writeAll(instance, toWrite);
  }
}
