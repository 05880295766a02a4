package dev.millrace.digest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Supplier;

/** The functions that the JDK computes, natively where the processor can. */
final class MessageDigestHasher implements Hasher {

  private final MessageDigest digest;

  private MessageDigestHasher(MessageDigest digest) {
    this.digest = digest;
  }

  /** A source of hashers of one algorithm: copies of one that has hashed nothing yet. */
  static Supplier<Hasher> source(String algorithm) {
    try {
      MessageDigest fresh = MessageDigest.getInstance(algorithm);
      return () -> new MessageDigestHasher(copy(fresh));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks " + algorithm, e);
    }
  }

  /** Looking an algorithm up takes longer than hashing a small blob. */
  private static MessageDigest copy(MessageDigest fresh) {
    try {
      return (MessageDigest) fresh.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(fresh.getAlgorithm() + " cannot be copied", e);
    }
  }

  /** Git's object id of a blob: SHA-1 over a header with the size, then the content. */
  static Hasher gitBlob(Hasher hasher, long sizeBytes) {
    byte[] header = ("blob " + sizeBytes + "\0").getBytes(StandardCharsets.US_ASCII);
    hasher.update(header, 0, header.length);
    return hasher;
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    digest.update(bytes, offset, length);
  }

  @Override
  public void update(ByteBuffer bytes) {
    digest.update(bytes);
  }

  @Override
  public String hash() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
