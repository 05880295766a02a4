package dev.millrace.digest;

import java.nio.ByteBuffer;

/** Hashes one blob, fed in pieces of any size. Used once, by one thread at a time. */
public interface Hasher {

  void update(byte[] bytes, int offset, int length);

  /** Consumes all remaining bytes of {@code bytes}. */
  void update(ByteBuffer bytes);

  /** The hash in lower-case hexadecimal; the hasher is spent afterwards. */
  String hash();
}
