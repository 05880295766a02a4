package dev.millrace.cas.disk;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.ResourceName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Computes {@link Fingerprint}s of one instance's digests, with nothing allocated for each but the
 * result. Used by one thread at a time.
 */
final class Fingerprinter {

  /** Function, size and the longest hash. */
  private static final int MAX_KEY_BYTES = 1 + Long.BYTES + 64;

  private static final int HASH_BYTES = 32;
  private static final MessageDigest FRESH = sha256();

  private final MessageDigest sha256;
  private final byte[] instance;
  private final ByteBuffer key = ByteBuffer.allocate(MAX_KEY_BYTES);
  private final ByteBuffer hash = ByteBuffer.allocate(HASH_BYTES);

  Fingerprinter(InstanceName name) {
    try {
      // Looking the algorithm up takes longer than a fingerprint.
      sha256 = (MessageDigest) FRESH.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 cannot be copied", e);
    }
    instance = name.value().getBytes(StandardCharsets.UTF_8);
  }

  static Fingerprint of(InstanceName instance, Digest digest) {
    return new Fingerprinter(instance).of(digest);
  }

  /** What an upload is found by: SHA-256 of its whole name. */
  static Fingerprint of(ResourceName.Upload name) {
    ByteBuffer hash =
        ByteBuffer.wrap(sha256().digest(name.toString().getBytes(StandardCharsets.UTF_8)));
    return new Fingerprint(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }

  /** The function fixes the hash's length, so that the parts need nothing between them. */
  Fingerprint of(Digest digest) {
    key.clear().put((byte) digest.function().number()).putLong(digest.sizeBytes());
    String hex = digest.hash();
    for (int i = 0; i < hex.length(); i += 2) {
      key.put((byte) (nibble(hex.charAt(i)) << 4 | nibble(hex.charAt(i + 1))));
    }
    sha256.update(key.array(), 0, key.position());
    sha256.update(instance);
    try {
      sha256.digest(hash.array(), 0, HASH_BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException(e);
    }
    return new Fingerprint(hash.getLong(0), hash.getLong(8), hash.getLong(16), hash.getLong(24));
  }

  private static int nibble(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
  }
}
