package dev.millrace.cas.chunking;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The chunks of one blob in order, read through a buffer of bounded size. */
final class ChunkReader {

  private final BlobReader blob;
  private final Chunking chunking;
  private final Cutter cutter;
  private final long size;
  private final byte[] buffer;
  private int from;
  private int to;

  /** How much of the blob has been read into the buffer. */
  private long position;

  ChunkReader(BlobReader blob, Chunking chunking) {
    this.blob = blob;
    this.chunking = chunking;
    this.cutter = chunking.newCutter();
    this.size = blob.digest().sizeBytes();
    this.buffer = new byte[(int) Math.min(size, 2L * chunking.lookahead())];
  }

  /** The next chunk, which stays as it is until the one after it is asked for. */
  Optional<ByteBuffer> next() {
    if (to - from < chunking.lookahead() && position < size) {
      refill();
    }
    if (from == to) {
      return Optional.empty();
    }
    int length = cutter.next(buffer, from, to);
    ByteBuffer chunk = ByteBuffer.wrap(buffer, from, length).slice();
    from += length;
    return Optional.of(chunk);
  }

  private void refill() {
    System.arraycopy(buffer, from, buffer, 0, to - from);
    to -= from;
    from = 0;
    int wanted = (int) Math.min(buffer.length - to, size - position);
    int read = blob.read(position, ByteBuffer.wrap(buffer, to, wanted));
    if (read != wanted) {
      throw new Failure.Corrupt(
          "blob %s ended after %d bytes".formatted(blob.digest(), position + read),
          /* cause= */ null);
    }
    to += read;
    position += read;
  }
}
