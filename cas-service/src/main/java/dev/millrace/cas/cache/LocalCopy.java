package dev.millrace.cas.cache;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;

/** One open local copy. Used by one thread at a time; must be closed. */
final class LocalCopy implements AutoCloseable {

  /** Chunks whose checksums are held at once. */
  private static final int WINDOW = 256;

  private final BlobReader stored;
  private final Chunks chunks;
  private final CheckedReads reads;
  private ByteBuffer sums = ByteBuffer.allocate(0);
  private long firstSum;

  LocalCopy(Digest digest, BlobReader stored) {
    this.stored = stored;
    this.chunks = new Chunks(digest.sizeBytes());
    this.reads = new CheckedReads(digest, this::fill, this::sum);
  }

  /** Fills {@code target}, which must not go beyond the blob's end. */
  void read(long position, ByteBuffer target) {
    reads.read(position, target);
  }

  private int sum(long chunk) {
    if (chunk < firstSum || chunk >= firstSum + sums.capacity() / Chunks.SUM_BYTES) {
      int held = (int) Math.min(WINDOW, chunks.count() - chunk);
      sums = ByteBuffer.allocate(held * Chunks.SUM_BYTES);
      firstSum = chunk;
      fill(chunks.blobBytes() + chunk * Chunks.SUM_BYTES, sums);
    }
    return sums.getInt((int) (chunk - firstSum) * Chunks.SUM_BYTES);
  }

  private void fill(long position, ByteBuffer target) {
    int wanted = target.remaining();
    if (stored.read(position, target) != wanted) {
      throw new Failure.Corrupt("the local copy of " + stored.digest() + " ends early", null);
    }
  }

  @Override
  public void close() {
    stored.close();
  }
}
