package dev.millrace.staging.verifying;

import dev.millrace.blobstore.verifying.ContentCheck;
import dev.millrace.failure.Failure;
import dev.millrace.staging.StagedBlob;
import java.nio.ByteBuffer;
import java.util.List;

/** Hashes while it passes bytes on. */
final class VerifyingStagedBlob implements StagedBlob {

  private final StagedBlob delegate;
  private final ContentCheck check;

  /** Its own count: once another has taken the upload over, the delegate's may be the other's. */
  private long written;

  /**
   * @param check has seen all that the delegate has taken
   * @param written how much that is
   */
  VerifyingStagedBlob(StagedBlob delegate, ContentCheck check, long written) {
    this.delegate = delegate;
    this.check = check;
    this.written = written;
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public void write(ByteBuffer bytes) {
    write(List.of(bytes));
  }

  @Override
  public void write(List<ByteBuffer> parts) {
    long length = 0;
    for (ByteBuffer part : parts) {
      length += part.remaining();
      check.update(part);
    }
    delegate.write(parts);
    written += length;
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
