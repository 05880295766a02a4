package dev.millrace.cas.disk;

/** A 64-bit checksum of a few longs, in registers: every look-up in the index computes one. */
final class Checksum {

  private static final long MULTIPLIER = 0x9fb21c651e98df25L;

  private Checksum() {}

  /** The checksum of what {@code sum} was of, and {@code value}. */
  static long mix(long sum, long value) {
    long h = (sum ^ Long.rotateLeft(value, 29)) * MULTIPLIER;
    h ^= h >>> 32;
    h = (h + value) * MULTIPLIER;
    return h ^ h >>> 29;
  }
}
