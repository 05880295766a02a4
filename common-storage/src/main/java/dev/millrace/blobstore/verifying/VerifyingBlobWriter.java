package dev.millrace.blobstore.verifying;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import java.nio.ByteBuffer;

/** Hashes while it passes bytes on. */
final class VerifyingBlobWriter implements BlobWriter {

  private final BlobWriter delegate;
  private final ContentCheck check;

  VerifyingBlobWriter(Digest digest, BlobWriter delegate) {
    this.delegate = delegate;
    this.check = new ContentCheck(digest);
  }

  @Override
  public long written() {
    return delegate.written();
  }

  @Override
  public void write(ByteBuffer bytes) {
    check.update(bytes);
    delegate.write(bytes);
  }

  @Override
  public void commit() {
    check.complete();
    delegate.commit();
  }

  @Override
  public void close() {
    delegate.close();
  }
}
