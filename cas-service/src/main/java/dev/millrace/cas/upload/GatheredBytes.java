package dev.millrace.cas.upload;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;

/**
 * Copies of the bytes that have arrived of a blob, in arrays that are as large as all before them
 * together: little is allocated for who has sent little, nothing is copied again as more arrives,
 * and nothing for whoever takes the whole.
 */
final class GatheredBytes {

  /** The first array, unless the blob is smaller. */
  private static final int FIRST_BYTES = 64 * 1024;

  /** The largest: what a file takes at once, and nothing that a garbage collector calls huge. */
  private static final int MOST_BYTES = 256 * 1024;

  private final int limit;

  /** The arrays that are full. */
  private ByteString full = ByteString.EMPTY;

  private byte[] last = {};
  private int filled;

  /**
   * @param limit the most bytes that are added
   */
  GatheredBytes(int limit) {
    this.limit = limit;
  }

  int size() {
    return full.size() + filled;
  }

  /** Takes a copy of all that remains, which must fit. */
  void add(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      if (filled == last.length) {
        full = content();
        last = new byte[Math.min(Math.clamp(full.size(), FIRST_BYTES, MOST_BYTES), left())];
        filled = 0;
      }
      int length = Math.min(bytes.remaining(), last.length - filled);
      bytes.get(last, filled, length);
      filled += length;
    }
  }

  private int left() {
    return limit - full.size();
  }

  /** All that was added, which stays as it is now. */
  ByteString content() {
    return filled == 0 ? full : full.concat(UnsafeByteOperations.unsafeWrap(last, 0, filled));
  }
}
