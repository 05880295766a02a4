package dev.millrace.digest;

/**
 * The name of a blob: the hash of its content, the function that made it and its size. Valid by
 * construction: a digest that exists is well formed, and making a malformed one is an {@link
 * IllegalArgumentException} that says which part is wrong.
 *
 * @param function the function that {@code hash} is of
 * @param hash lower-case hexadecimal, as long as the function says
 * @param sizeBytes the blob's size, not negative
 */
public record Digest(DigestFunction function, String hash, long sizeBytes) {

  public Digest {
    if (hash.length() != function.hashLength()) {
      throw new IllegalArgumentException(
          "hash: %s has %d hexadecimal characters, this has %d"
              .formatted(function, function.hashLength(), hash.length()));
    }
    if (!Hexadecimal.isDigits(hash)) {
      throw new IllegalArgumentException(
          "hash: only 0-9 and a-f are allowed, at %d is another character"
              .formatted(firstOther(hash)));
    }
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("size_bytes: must not be negative, is " + sizeBytes);
    }
  }

  private static int firstOther(String hash) {
    int at = 0;
    while ("0123456789abcdef".indexOf(hash.charAt(at)) >= 0) {
      at++;
    }
    return at;
  }

  /**
   * Whether this names the blob of no bytes, which always exists. A size of 0 alone does not make
   * it so: under the hash of anything else there is no such blob.
   */
  public boolean isEmpty() {
    return sizeBytes == 0 && hash.equals(EmptyBlob.hashUnder(function));
  }

  public byte[] hashBytes() {
    byte[] bytes = new byte[hash.length() / 2];
    copyHashBytes(bytes, 0);
    return bytes;
  }

  /** Writes {@link #hashBytes} to {@code target}; returns the offset of what follows them. */
  public int copyHashBytes(byte[] target, int offset) {
    Hexadecimal.decode(hash, target, offset);
    return offset + hash.length() / 2;
  }

  /** {@code [function/]hash/size}, as in resource names. */
  @Override
  public String toString() {
    return function.segment().map(s -> s + "/").orElse("") + hash + "/" + sizeBytes;
  }
}
