package dev.millrace.digest;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The digest functions that are served. MURMUR3 and VSO are left out on purpose: the first is not
 * collision resistant, so a cache keyed by it can be poisoned; nobody has defined the second here.
 *
 * <p>Source of lengths and numbers: the Remote Execution API's {@code DigestFunction.Value}.
 */
public enum DigestFunction {
  SHA256(1, 64, Naming.BY_LENGTH),
  SHA1(2, 40, Naming.BY_LENGTH),
  MD5(3, 32, Naming.BY_LENGTH),
  SHA384(5, 96, Naming.BY_LENGTH),
  SHA512(6, 128, Naming.BY_LENGTH),
  SHA256TREE(8, 64, Naming.BY_SEGMENT),
  BLAKE3(9, 64, Naming.BY_SEGMENT),
  GITSHA1(10, 40, Naming.BY_SEGMENT);

  private static final DigestFunction[] ALL = values();

  /** How a resource name says which function its hash is of. */
  private enum Naming {
    /** The hash's length tells; a segment is not allowed. */
    BY_LENGTH,
    /** A lower-case segment in front of the hash. */
    BY_SEGMENT
  }

  private final int number;
  private final int hashLength;
  private final Naming naming;
  private final Optional<String> segment;

  DigestFunction(int number, int hashLength, Naming naming) {
    this.number = number;
    this.hashLength = hashLength;
    this.naming = naming;
    this.segment =
        naming == Naming.BY_SEGMENT
            ? Optional.of(name().toLowerCase(Locale.ROOT))
            : Optional.empty();
  }

  /** The enum number on the wire. */
  public int number() {
    return number;
  }

  /** Length of a hash in hexadecimal characters. */
  public int hashLength() {
    return hashLength;
  }

  /** The segment that stands before the hash in resource names, where one is required. */
  public Optional<String> segment() {
    return segment;
  }

  /**
   * Starts hashing one blob.
   *
   * @param sizeBytes the blob's size, which {@link #GITSHA1} hashes in front of the content
   */
  public Hasher newHasher(long sizeBytes) {
    return switch (this) {
      case SHA256 -> Sources.SHA256.get();
      case SHA1 -> Sources.SHA1.get();
      case MD5 -> Sources.MD5.get();
      case SHA384 -> Sources.SHA384.get();
      case SHA512 -> Sources.SHA512.get();
      case SHA256TREE -> new Sha256TreeHasher();
      case BLAKE3 -> Blake3.newHasher();
      case GITSHA1 -> MessageDigestHasher.gitBlob(Sources.SHA1.get(), sizeBytes);
    };
  }

  /** What the JDK computes. */
  private static final class Sources {
    static final Supplier<Hasher> SHA256 = MessageDigestHasher.source("SHA-256");
    static final Supplier<Hasher> SHA1 = MessageDigestHasher.source("SHA-1");
    static final Supplier<Hasher> MD5 = MessageDigestHasher.source("MD5");
    static final Supplier<Hasher> SHA384 = MessageDigestHasher.source("SHA-384");
    static final Supplier<Hasher> SHA512 = MessageDigestHasher.source("SHA-512");
  }

  /** The digest of a blob that is at hand as a whole. */
  public Digest digestOf(byte[] blob) {
    Hasher hasher = newHasher(blob.length);
    hasher.update(blob, 0, blob.length);
    return new Digest(this, hasher.hash(), blob.length);
  }

  /** The function of a number on the wire, where it is one that is served. */
  public static Optional<DigestFunction> ofNumber(int number) {
    for (DigestFunction function : ALL) {
      if (function.number == number) {
        return Optional.of(function);
      }
    }
    return Optional.empty();
  }

  /** The function that a bare hash of this length is of. */
  public static Optional<DigestFunction> ofHashLength(int length) {
    for (DigestFunction function : ALL) {
      if (function.naming == Naming.BY_LENGTH && function.hashLength == length) {
        return Optional.of(function);
      }
    }
    return Optional.empty();
  }

  /** The function that a resource name's segment calls for. */
  public static Optional<DigestFunction> ofSegment(String segment) {
    for (DigestFunction function : ALL) {
      if (function.segment.isPresent() && function.segment.get().equals(segment)) {
        return Optional.of(function);
      }
    }
    return Optional.empty();
  }
}
