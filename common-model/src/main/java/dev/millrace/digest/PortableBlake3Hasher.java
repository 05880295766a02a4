package dev.millrace.digest;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.commons.codec.digest.Blake3;

/** BLAKE3 with its default 32-byte output, in portable Java. */
final class PortableBlake3Hasher implements Hasher {

  private static final int HASH_BYTES = 32;
  private static final int COPY_BYTES = 64 * 1024;

  private final Blake3 blake3 = Blake3.initHash();

  @Override
  public void update(byte[] bytes, int offset, int length) {
    blake3.update(bytes, offset, length);
  }

  @Override
  public void update(ByteBuffer bytes) {
    if (bytes.hasArray()) {
      blake3.update(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      bytes.position(bytes.limit());
      return;
    }
    byte[] copy = new byte[Math.min(COPY_BYTES, bytes.remaining())];
    while (bytes.hasRemaining()) {
      int n = Math.min(copy.length, bytes.remaining());
      bytes.get(copy, 0, n);
      blake3.update(copy, 0, n);
    }
  }

  @Override
  public String hash() {
    byte[] hash = new byte[HASH_BYTES];
    blake3.doFinalize(hash);
    return HexFormat.of().formatHex(hash);
  }
}
