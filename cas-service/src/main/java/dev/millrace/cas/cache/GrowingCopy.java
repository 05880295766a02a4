package dev.millrace.cas.cache;

import dev.millrace.cas.disk.GrowingBlob;
import dev.millrace.digest.Digest;
import dev.millrace.digest.Hasher;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;

/**
 * A local copy on its way in, chunk after chunk, which others may read as far as they know it to be
 * written. Nothing becomes a copy that does not have the blob's hash.
 */
final class GrowingCopy implements AutoCloseable {

  private final Digest digest;
  private final GrowingBlob stored;
  private final Hasher hasher;
  private final Chunks chunks;
  private final int[] sums;
  private final CheckedReads reads;
  private int next;

  GrowingCopy(Digest digest, GrowingBlob stored) {
    this.digest = digest;
    this.stored = stored;
    this.hasher = digest.function().newHasher(digest.sizeBytes());
    this.chunks = new Chunks(digest.sizeBytes());
    this.sums = new int[chunks.count()];
    this.reads = new CheckedReads(digest, stored::read, chunk -> sums[(int) chunk]);
  }

  /** Appends whole chunks; the blob's last one may be shorter. */
  void write(ByteBuffer bytes) {
    ByteBuffer window = bytes.slice();
    for (int at = 0; at < window.limit(); at += Chunks.BYTES) {
      sums[next] = Chunks.sum(window, at, chunks.length(next));
      next++;
    }
    hasher.update(window.duplicate());
    stored.write(bytes);
  }

  /** Fills {@code target} with what has been written; for any number of threads. */
  void read(long position, ByteBuffer target) {
    reads.read(position, target);
  }

  /**
   * Makes it a copy that is found from now on.
   *
   * @throws Failure.ContentMismatch if it is not what the digest says
   */
  void commit() {
    String hash = hasher.hash();
    if (!hash.equals(digest.hash())) {
      throw new Failure.ContentMismatch(digest, "what was fetched has the hash " + hash);
    }
    ByteBuffer trailer = ByteBuffer.allocate(sums.length * Chunks.SUM_BYTES);
    trailer.asIntBuffer().put(sums);
    stored.write(trailer);
    stored.commit();
  }

  @Override
  public void close() {
    stored.close();
  }
}
