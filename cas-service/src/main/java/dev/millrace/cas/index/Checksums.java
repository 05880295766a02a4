package dev.millrace.cas.index;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * CRC-32C of each MiB of a stretch of bytes, so that any part of it can be checked before it is
 * handed out, without reading all of it.
 *
 * @param bytes four for each MiB that has begun
 */
public record Checksums(byte[] bytes) {

  /** How many bytes each checksum covers; the last one of a stretch may cover fewer. */
  public static final int BLOCK = 1 << 20;

  /** Of all remaining bytes, which stay remaining. */
  public static Checksums of(ByteBuffer stretch) {
    ByteBuffer sums = ByteBuffer.allocate(4 * count(stretch.remaining()));
    for (int at = stretch.position(); at < stretch.limit(); at += BLOCK) {
      sums.putInt(sum(stretch.slice(at, Math.min(BLOCK, stretch.limit() - at))));
    }
    return new Checksums(sums.array());
  }

  /** How many checksums a stretch of this length has. */
  public static int count(int length) {
    return (int) (((long) length + BLOCK - 1) / BLOCK);
  }

  /** Whether these are the remaining bytes of the block of that number. */
  public boolean match(int block, ByteBuffer content) {
    return ByteBuffer.wrap(bytes).getInt(4 * block) == sum(content.duplicate());
  }

  private static int sum(ByteBuffer content) {
    CRC32C crc = new CRC32C();
    crc.update(content);
    return (int) crc.getValue();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Checksums sums && Arrays.equals(bytes, sums.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
