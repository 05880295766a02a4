package dev.millrace.blobstore.verifying;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Hashes everything on its way in, and lets nothing be committed that is not what its digest says.
 * Goes directly around a back end that takes bytes on trust, so that no path leads past it.
 */
public final class VerifyingBlobStore implements BlobStore {

  private final BlobStore delegate;

  public VerifyingBlobStore(BlobStore delegate) {
    this.delegate = delegate;
  }

  @Override
  public BlobReader open(InstanceName instance, Digest digest) {
    return delegate.open(instance, digest);
  }

  @Override
  public BlobWriter create(InstanceName instance, Digest digest) {
    return new VerifyingBlobWriter(digest, delegate.create(instance, digest));
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
    Map<Digest, Failure> failures = new LinkedHashMap<>();
    blobs.forEach((digest, blob) ->
        mismatch(digest, blob).ifPresent(failure -> failures.put(digest, failure)));
    if (failures.isEmpty()) {
      return delegate.writeAll(instance, blobs);
    }
    Map<Digest, ByteString> sound = new LinkedHashMap<>(blobs);
    sound.keySet().removeAll(failures.keySet());
    if (!sound.isEmpty()) {
      failures.putAll(delegate.writeAll(instance, sound));
    }
    return failures;
  }

  private static Optional<Failure> mismatch(Digest digest, ByteString blob) {
    ContentCheck check = new ContentCheck(digest);
    try {
      blob.asReadOnlyByteBufferList().forEach(check::update);
      check.complete();
      return Optional.empty();
    } catch (Failure.ContentMismatch mismatch) {
      return Optional.of(mismatch);
    }
  }
}
