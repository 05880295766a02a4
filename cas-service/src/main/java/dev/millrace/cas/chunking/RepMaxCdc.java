package dev.millrace.cas.chunking;

/**
 * RepMaxCDC: within a horizon, the place with the largest rolling hash is where a cut has to be,
 * then the largest between the blob's start and that, and so on until nothing more can be cut. All
 * chunks have from the least size to just below twice as much, but for a blob that is smaller.
 *
 * <p>Source: the definition in buildbarn's go-cdc, which the Remote Execution API refers to.
 *
 * @param minBytes the least size of a chunk
 * @param horizonBytes how far beyond the first possible cut to look for the best
 */
public record RepMaxCdc(int minBytes, int horizonBytes) implements Chunking {

  private static final int LEAST = 1024;
  private static final int MOST = 16 * 1024 * 1024;
  private static final int FARTHEST = 8 * MOST;

  public RepMaxCdc {
    if (minBytes < LEAST || minBytes > MOST) {
      throw new IllegalArgumentException(
          "least size of RepMaxCDC's chunks: 1 KiB to 16 MiB, not " + minBytes);
    }
    if (horizonBytes < 0 || horizonBytes > FARTHEST) {
      throw new IllegalArgumentException(
          "horizon of RepMaxCDC: up to 128 MiB, not " + horizonBytes);
    }
  }

  @Override
  public ChunkingFunction function() {
    return ChunkingFunction.REP_MAX_CDC;
  }

  @Override
  public int maxChunkBytes() {
    return 2 * minBytes - 1;
  }

  @Override
  public int lookahead() {
    return 2 * minBytes + horizonBytes;
  }

  @Override
  public Cutter newCutter() {
    return new RepMaxCutter(this);
  }
}
