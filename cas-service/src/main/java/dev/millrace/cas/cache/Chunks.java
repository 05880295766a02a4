package dev.millrace.cas.cache;

import dev.millrace.digest.Digest;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The chunks that a copy is checked by. A copy is stored as the blob with the CRC-32C of each of
 * its chunks behind it, under the blob's hash and the size that both have together, so that any
 * part can be checked without reading the rest. Sizes stay apart, as they grow with the blob's.
 */
record Chunks(long blobBytes) {

  static final int BYTES = 64 * 1024;
  static final int SUM_BYTES = Integer.BYTES;

  int count() {
    return Math.toIntExact((blobBytes + BYTES - 1) / BYTES);
  }

  int length(long chunk) {
    return (int) Math.min(BYTES, blobBytes - chunk * BYTES);
  }

  /** As much of what lies behind a chunk's start as is whole chunks, within {@code room} bytes. */
  int whole(long start, int room) {
    long rest = blobBytes - start;
    return (int) (rest <= room ? rest : room - room % BYTES);
  }

  /** The name under which the copy of a blob is stored locally. */
  static Digest stored(Digest blob) {
    long sums = (long) new Chunks(blob.sizeBytes()).count() * SUM_BYTES;
    return new Digest(blob.function(), blob.hash(), blob.sizeBytes() + sums);
  }

  /** The checksum of {@code length} bytes from {@code from} on. */
  static int sum(ByteBuffer bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(from, length));
    return (int) crc.getValue();
  }
}
