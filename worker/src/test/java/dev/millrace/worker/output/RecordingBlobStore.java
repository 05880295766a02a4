package dev.millrace.worker.output;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.Map;
import java.util.Set;

/** Notes which blobs are written. */
record RecordingBlobStore(BlobStore delegate, Set<Digest> written) implements BlobStore {

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    return delegate.open(instance, digest);
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    written.add(digest);
    return delegate.create(instance, digest);
  }

  @Override
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    return delegate.findMissing(instance, digests);
  }

  @Override
  public Map<Digest, ByteString> readAll(InstanceName instance, Set<Digest> digests) {
    return delegate.readAll(instance, digests);
  }

  @Override
  public Map<Digest, Failure> writeAll(InstanceName instance, Map<Digest, ByteString> blobs) {
    written.addAll(blobs.keySet());
    return delegate.writeAll(instance, blobs);
  }
}
