package dev.millrace.cas.disk;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.ResourceName;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;

/**
 * Computes {@link Fingerprint}s of one instance's digests, with nothing allocated for each but the
 * result. Used by one thread at a time.
 */
final class Fingerprinter {

  /** Function, size and the longest hash. */
  private static final int MAX_DIGEST_BYTES = 1 + Long.BYTES + 64;

  private static final int HASH_BYTES = 32;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final MessageDigest FRESH = sha256();

  private final MessageDigest sha256;
  private final byte[] instance;
  private final byte[] key;
  private final byte[] hash = new byte[HASH_BYTES];

  Fingerprinter(InstanceName name) {
    try {
      // Looking the algorithm up takes longer than a fingerprint.
      sha256 = (MessageDigest) FRESH.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 cannot be copied", e);
    }
    instance = name.value().getBytes(StandardCharsets.UTF_8);
    key = new byte[MAX_DIGEST_BYTES + instance.length];
  }

  static Fingerprint of(InstanceName instance, Digest digest) {
    return new Fingerprinter(instance).of(digest);
  }

  /** What an upload is found by: SHA-256 of its whole name. */
  static Fingerprint of(ResourceName.Upload name) {
    return fingerprint(sha256().digest(name.toString().getBytes(StandardCharsets.UTF_8)));
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
    key[0] = (byte) digest.function().number();
    LONG.set(key, 1, digest.sizeBytes());
    int end = digest.copyHashBytes(key, 1 + Long.BYTES);
    System.arraycopy(instance, 0, key, end, instance.length);
    sha256.update(key, 0, end + instance.length);
    try {
      sha256.digest(hash, 0, HASH_BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException(e);
    }
    return fingerprint(hash);
  }

  /** Those of many, in their order. */
  Fingerprint[] of(Collection<Digest> digests) {
    Fingerprint[] fingerprints = new Fingerprint[digests.size()];
    int i = 0;
    for (Digest digest : digests) {
      fingerprints[i++] = of(digest);
    }
    return fingerprints;
  }

  private static Fingerprint fingerprint(byte[] hash) {
    return new Fingerprint(
        (long) LONG.get(hash, 0),
        (long) LONG.get(hash, 8),
        (long) LONG.get(hash, 16),
        (long) LONG.get(hash, 24));
  }
}
