package dev.millrace.blobstore.verifying;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.digest.Hasher;
import java.nio.ByteBuffer;

/** Hashes while it passes bytes on. */
final class VerifyingBlobWriter implements BlobWriter {

  private final Digest digest;
  private final BlobWriter delegate;
  private final Hasher hasher;

  VerifyingBlobWriter(Digest digest, BlobWriter delegate) {
    this.digest = digest;
    this.delegate = delegate;
    this.hasher = digest.function().newHasher(digest.sizeBytes());
  }

  @Override
  public long written() {
    return delegate.written();
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (bytes.remaining() > digest.sizeBytes() - delegate.written()) {
      throw Mismatch.tooLong(digest);
    }
    hasher.update(bytes.duplicate());
    delegate.write(bytes);
  }

  @Override
  public void commit() {
    if (delegate.written() != digest.sizeBytes()) {
      throw Mismatch.size(digest, delegate.written());
    }
    String hash = hasher.hash();
    if (!hash.equals(digest.hash())) {
      throw Mismatch.hash(digest, hash);
    }
    delegate.commit();
  }

  @Override
  public void close() {
    delegate.close();
  }
}
