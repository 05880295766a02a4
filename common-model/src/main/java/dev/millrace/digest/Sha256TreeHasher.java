package dev.millrace.digest;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;

/**
 * SHA-256 as a Merkle tree over chunks of 1 KiB, so that a part can be verified by itself.
 *
 * <p>A blob of at most one chunk has its plain SHA-256. A longer one is cut into a left part of the
 * largest power-of-two number of chunks that leaves something for the right; the hashes of both are
 * joined by {@link Sha256Block}. Source: the Remote Execution API's {@code SHA256TREE}.
 */
final class Sha256TreeHasher implements Hasher {

  private static final int CHUNK_BYTES = 1024;

  private final MessageDigest sha256;
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private int filled;

  /** Roots of complete subtrees, widest at the bottom; level n spans 2^n chunks. */
  private final Deque<Subtree> subtrees = new ArrayDeque<>();

  private record Subtree(int level, byte[] hash) {}

  Sha256TreeHasher() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    update(ByteBuffer.wrap(bytes, offset, length));
  }

  @Override
  public void update(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      // A full chunk is closed only when more follows: the last one may be the whole blob.
      if (filled == CHUNK_BYTES) {
        closeChunk();
      }
      int n = Math.min(CHUNK_BYTES - filled, bytes.remaining());
      bytes.get(chunk, filled, n);
      filled += n;
    }
  }

  private void closeChunk() {
    Subtree carry = new Subtree(0, hashOfChunk());
    while (!subtrees.isEmpty() && subtrees.peek().level() == carry.level()) {
      byte[] left = subtrees.pop().hash();
      carry = new Subtree(carry.level() + 1, Sha256Block.join(left, carry.hash()));
    }
    subtrees.push(carry);
    filled = 0;
  }

  private byte[] hashOfChunk() {
    sha256.update(chunk, 0, filled);
    byte[] hash = new byte[32];
    try {
      sha256.digest(hash, 0, hash.length);
    } catch (DigestException e) {
      throw new IllegalStateException(e);
    }
    return hash;
  }

  @Override
  public String hash() {
    byte[] root = hashOfChunk();
    while (!subtrees.isEmpty()) {
      root = Sha256Block.join(subtrees.pop().hash(), root);
    }
    return HexFormat.of().formatHex(root);
  }
}
