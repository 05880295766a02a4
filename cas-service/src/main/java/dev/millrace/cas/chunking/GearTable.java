package dev.millrace.cas.chunking;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * A random number for each value of a byte, of which the rolling hash of all functions here is
 * made: {@code hash = (hash << 1) + gear[byte]}, so that it is of the last 64 bytes.
 *
 * <p>The numbers are those that FastCDC's authors published with it: the first 8 bytes of the MD5
 * of the byte repeated 64 times.
 */
final class GearTable {

  /** How many bytes the rolling hash is of. */
  static final int WINDOW_BYTES = 64;

  private static final long[] PUBLISHED = published();

  private GearTable() {}

  /** The table as published, or, with another seed than 0, another one. */
  static long[] seeded(long seed) {
    return Arrays.stream(PUBLISHED).map(number -> number ^ seed).toArray();
  }

  private static long[] published() {
    try {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      long[] numbers = new long[256];
      byte[] repeated = new byte[64];
      for (int value = 0; value < numbers.length; value++) {
        Arrays.fill(repeated, (byte) value);
        numbers[value] = ByteBuffer.wrap(md5.digest(repeated)).getLong();
      }
      return numbers;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks MD5", e);
    }
  }
}
