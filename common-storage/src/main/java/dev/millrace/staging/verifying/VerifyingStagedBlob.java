package dev.millrace.staging.verifying;

import dev.millrace.blobstore.verifying.ContentCheck;
import dev.millrace.failure.Failure;
import dev.millrace.staging.StagedBlob;
import java.nio.ByteBuffer;

/** Hashes while it passes bytes on. */
final class VerifyingStagedBlob implements StagedBlob {

  private final StagedBlob delegate;
  private final ContentCheck check;

  /**
   * @param check has seen all that the delegate has taken
   */
  VerifyingStagedBlob(StagedBlob delegate, ContentCheck check) {
    this.delegate = delegate;
    this.check = check;
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
  public int read(long position, ByteBuffer target) {
    return delegate.read(position, target);
  }

  /** Wrong content is given up at once: nothing that could follow would make it right. */
  @Override
  public void commit() {
    try {
      check.complete();
    } catch (Failure.ContentMismatch mismatch) {
      delegate.close();
      throw mismatch;
    }
    delegate.commit();
  }

  @Override
  public void suspend() {
    delegate.suspend();
  }

  @Override
  public void close() {
    delegate.close();
  }
}
