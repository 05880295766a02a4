package dev.millrace.cas.chunking;

/**
 * FastCDC as of 2020 with normalization level 2: it cuts where some bits of a rolling hash are
 * zero, of which there are two more before the size aimed at and two fewer after it.
 *
 * <p>Source: Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication Based
 * Storage Systems", IEEE TPDS 31(9), 2020; the masks are those of its implementations.
 *
 * @param averageBytes the size aimed at; chunks have from a quarter of it to four times as much
 * @param seed changes the table of the rolling hash, unsigned 32 bits
 */
public record FastCdc2020(int averageBytes, long seed) implements Chunking {

  private static final int LEAST = 1024;
  private static final int MOST = 1024 * 1024;
  private static final int NORMALIZATION = 2;

  /** Spread bits, for chunks of 2^8, 2^9, ... bytes. */
  private static final int FIRST_MASK_BITS = 8;

  private static final long[] MASKS = {
    0x0000001800035300L, 0x0000019000353000L, 0x0000590003530000L, 0x0000d90003530000L,
    0x0000d90103530000L, 0x0000d90303530000L, 0x0000d90313530000L, 0x0000d90f03530000L,
    0x0000d90303537000L, 0x0000d90703537000L, 0x0000d90707537000L, 0x0000d91707537000L,
    0x0000d91747537000L, 0x0000d91767537000L, 0x0000d93767537000L
  };

  public FastCdc2020 {
    if (averageBytes < LEAST || averageBytes > MOST) {
      throw new IllegalArgumentException(
          "average of FastCDC's chunks: 1 KiB to 1 MiB, not " + averageBytes);
    }
    if (seed >>> 32 != 0) {
      throw new IllegalArgumentException("seed: unsigned 32 bits, not " + seed);
    }
  }

  @Override
  public ChunkingFunction function() {
    return ChunkingFunction.FAST_CDC_2020;
  }

  @Override
  public int maxChunkBytes() {
    return averageBytes * 4;
  }

  @Override
  public int lookahead() {
    return maxChunkBytes();
  }

  @Override
  public Cutter newCutter() {
    long[] gear = GearTable.seeded(seed);
    int bits = (int) Math.round(Math.log(averageBytes) / Math.log(2));
    long strict = MASKS[bits + NORMALIZATION - FIRST_MASK_BITS];
    long loose = MASKS[bits - NORMALIZATION - FIRST_MASK_BITS];
    return (bytes, from, to) -> {
      int length = Math.min(to - from, maxChunkBytes());
      int least = averageBytes / 4;
      if (length <= least) {
        return length;
      }
      // The paper's loop takes two bytes a step, and so never looks at an odd one at the end.
      int center = from + even(Math.min(averageBytes, length));
      int end = from + even(length);
      long hash = 0;
      int at = from + even(least);
      for (; at < center; at++) {
        hash = (hash << 1) + gear[bytes[at] & 0xff];
        if ((hash & strict) == 0) {
          return at - from;
        }
      }
      for (; at < end; at++) {
        hash = (hash << 1) + gear[bytes[at] & 0xff];
        if ((hash & loose) == 0) {
          return at - from;
        }
      }
      return length;
    };
  }

  private static int even(int number) {
    return number & ~1;
  }
}
