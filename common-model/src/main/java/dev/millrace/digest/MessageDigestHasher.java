package dev.millrace.digest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The functions that the JDK computes, natively where the processor can. */
final class MessageDigestHasher implements Hasher {

  private final MessageDigest digest;

  MessageDigestHasher(String algorithm) {
    try {
      digest = MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks " + algorithm, e);
    }
  }

  /** Git's object id of a blob: SHA-1 over a header with the size, then the content. */
  static MessageDigestHasher gitBlob(long sizeBytes) {
    MessageDigestHasher hasher = new MessageDigestHasher("SHA-1");
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
