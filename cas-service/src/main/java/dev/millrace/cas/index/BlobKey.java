package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import java.util.HexFormat;
import java.util.UUID;

/**
 * The short key of a blob's row: the instance's number, then 12 bytes of the hash, the last 8 of
 * them mixed with size and function. Two blobs of one instance can have the same key only if
 * someone makes an effort of 2^48 hashes; the whole digest is compared too.
 */
final class BlobKey {

  private static final long MULTIPLIER = 0x9e3779b97f4a7c15L;

  private BlobKey() {}

  static UUID of(int instance, Digest digest) {
    String hash = digest.hash();
    long high = (long) instance << 32 | HexFormat.fromHexDigitsToLong(hash, 0, 8);
    long mixed = (digest.sizeBytes() + 1) * MULTIPLIER + digest.function().number();
    return new UUID(high, HexFormat.fromHexDigitsToLong(hash, 8, 24) ^ mixed);
  }
}
