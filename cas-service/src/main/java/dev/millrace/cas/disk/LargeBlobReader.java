package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * Reads from the block straight into the caller's buffer. The checksum is of the whole payload: it
 * is checked when all of it has been read in order, before the last part is handed out.
 */
final class LargeBlobReader implements BlobReader {

  private final StoredRecord record;
  private final Block block;
  private final CRC32C crc = new CRC32C();

  /** Up to where the payload has been read in order. */
  private long summed;

  private boolean closed;

  /**
   * @param block acquired; released when the reader is closed
   */
  LargeBlobReader(StoredRecord record, Block block) {
    this.record = record;
    this.block = block;
  }

  @Override
  public Digest digest() {
    return record.digest();
  }

  @Override
  public int read(long position, ByteBuffer target) {
    Objects.checkFromToIndex(position, record.length(), Long.MAX_VALUE);
    if (closed) {
      throw new Failure.Unavailable("the blob is being read after it was closed", null);
    }
    int start = target.position();
    int limit = target.limit();
    int length = (int) Math.min(target.remaining(), record.length() - position);
    target.limit(start + length);
    try {
      record.read(position, target);
    } finally {
      target.limit(limit);
    }
    if (position == summed && length > 0) {
      crc.update(target.duplicate().position(start).limit(start + length));
      summed += length;
      if (summed == record.length()) {
        record.checkPayload((int) crc.getValue());
      }
    }
    return length;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      block.release();
    }
  }
}
