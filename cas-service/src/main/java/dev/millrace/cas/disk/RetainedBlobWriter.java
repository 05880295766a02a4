package dev.millrace.cas.disk;

import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;

/** Holds the block that a blob is written to, so that it can be read even after the commit. */
final class RetainedBlobWriter implements GrowingBlob {

  private final LargeBlobWriter delegate;
  private final Block block;
  private final long payloadAt;
  private boolean closed;

  /**
   * @param block held by {@code delegate}
   * @param payloadAt where the blob begins in the block
   */
  RetainedBlobWriter(LargeBlobWriter delegate, Block block, long payloadAt) {
    this.delegate = delegate;
    this.block = block;
    this.payloadAt = payloadAt;
    block.acquire();
  }

  @Override
  public long written() {
    return delegate.written();
  }

  @Override
  public void write(ByteBuffer bytes) {
    delegate.write(bytes);
  }

  @Override
  public void read(long position, ByteBuffer target) {
    int wanted = target.remaining();
    if (block.read(payloadAt + position, target) != wanted) {
      throw new Failure.Corrupt("a blob of the local store that is being written ends early", null);
    }
  }

  @Override
  public void commit() {
    delegate.commit();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      delegate.close();
      block.release();
    }
  }
}
