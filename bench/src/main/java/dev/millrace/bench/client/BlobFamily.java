package dev.millrace.bench.client;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/**
 * Any number of different blobs of one size. They differ in their last bytes alone and are hashed
 * from a common state, so that a new one costs next to nothing, whatever its size.
 */
public final class BlobFamily {

  private static final int OWN_BYTES = 24;

  private final long family;
  private final byte[] shared;
  private final MessageDigest hashedSoFar;

  /**
   * @param sizeBytes of each blob, at least 24
   * @param seed families of different seeds have no blob in common
   */
  public BlobFamily(int sizeBytes, long seed) {
    Random random = new Random(seed);
    family = random.nextLong();
    shared = new byte[sizeBytes - OWN_BYTES];
    random.nextBytes(shared);
    try {
      hashedSoFar = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
    hashedSoFar.update(shared);
  }

  /** One of them; the same number is the same blob. */
  public Blob blob(long round, long number) {
    byte[] own =
        ByteBuffer.allocate(OWN_BYTES).putLong(family).putLong(round).putLong(number).array();
    try {
      MessageDigest hash = (MessageDigest) hashedSoFar.clone();
      return new Blob(HexFormat.of().formatHex(hash.digest(own)), shared, own);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 of this JDK cannot be continued twice", e);
    }
  }
}
