package dev.millrace.cas.cache;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;

/** Reads a copy by whole chunks: no byte leaves here that has not been checked. */
final class CheckedReads {

  /** Fills a buffer with what lies from a position on. */
  interface Bytes {
    void read(long position, ByteBuffer target);
  }

  /** The checksum that a chunk should have. */
  interface Sums {
    int of(long chunk);
  }

  private final Digest digest;
  private final Chunks chunks;
  private final Bytes bytes;
  private final Sums sums;

  CheckedReads(Digest digest, Bytes bytes, Sums sums) {
    this.digest = digest;
    this.chunks = new Chunks(digest.sizeBytes());
    this.bytes = bytes;
    this.sums = sums;
  }

  /**
   * Fills {@code target}, which must not go beyond the blob's end.
   *
   * @throws Failure.Corrupt if a chunk is not what it was; what was put into {@code target} before
   *     is sound
   */
  void read(long position, ByteBuffer target) {
    while (target.hasRemaining()) {
      long chunk = position / Chunks.BYTES;
      int within = (int) (position % Chunks.BYTES);
      int whole = within == 0 ? chunks.whole(position, target.remaining()) : 0;
      position += whole > 0 ? readWhole(chunk, whole, target) : readPart(chunk, within, target);
    }
  }

  private int readWhole(long first, int length, ByteBuffer target) {
    ByteBuffer window = target.slice(target.position(), length);
    bytes.read(first * Chunks.BYTES, window);
    for (int at = 0; at < length; at += Chunks.BYTES) {
      check(first + at / Chunks.BYTES, window, at);
    }
    target.position(target.position() + length);
    return length;
  }

  private int readPart(long chunk, int within, ByteBuffer target) {
    ByteBuffer whole = ByteBuffer.allocate(chunks.length(chunk));
    bytes.read(chunk * Chunks.BYTES, whole);
    check(chunk, whole, 0);
    int length = Math.min(target.remaining(), whole.capacity() - within);
    target.put(whole.slice(within, length));
    return length;
  }

  private void check(long chunk, ByteBuffer window, int at) {
    if (Chunks.sum(window, at, chunks.length(chunk)) != sums.of(chunk)) {
      throw new Failure.Corrupt(
          "chunk %d of the local copy of %s is damaged".formatted(chunk, digest), null);
    }
  }
}
