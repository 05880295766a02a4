package dev.millrace.cas.s3;

import dev.millrace.cas.index.Checksums;
import dev.millrace.cas.index.Piece;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A block of what has been written out, read back and checked.
 *
 * @param start where it begins in the upload
 */
record ReadBack(long start, ByteBuffer content) {

  /** The block in which a position lies, which must be within the pieces. */
  static ReadBack of(List<Piece> pieces, long position, PieceStore objects) {
    long start = 0;
    for (Piece piece : pieces) {
      if (position < start + piece.length()) {
        int block = (int) ((position - start) / Checksums.BLOCK);
        return new ReadBack(start + (long) block * Checksums.BLOCK, read(piece, block, objects));
      }
      start += piece.length();
    }
    throw new IndexOutOfBoundsException("position " + position + " of " + start);
  }

  private static ByteBuffer read(Piece piece, int block, PieceStore objects) {
    int length = Math.min(Checksums.BLOCK, piece.length() - block * Checksums.BLOCK);
    ByteBuffer content = ByteBuffer.allocate(length);
    objects
        .read(piece, block, content)
        .ifPresent(problem -> {
          throw new Failure.Corrupt("an upload cannot be read back: " + problem, null);
        });
    return content.flip();
  }

  boolean covers(long position) {
    return position >= start && position < start + content.limit();
  }

  /** Copies what there is from a position on, as far as it fits. */
  void copy(long position, ByteBuffer target) {
    int from = (int) (position - start);
    target.put(content.slice(from, Math.min(target.remaining(), content.limit() - from)));
  }
}
