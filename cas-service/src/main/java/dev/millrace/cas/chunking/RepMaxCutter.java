package dev.millrace.cas.chunking;

import java.util.Arrays;

/**
 * RepMaxCDC with each byte hashed about twice. It keeps the peaks: the places whose hash is larger
 * than all before them in the horizon. The best place up to any limit is then the last peak up to
 * it, and peaks beyond a cut stay peaks for the chunk that begins there.
 */
final class RepMaxCutter implements Cutter {

  private final RepMaxCdc parameters;
  private final long[] gear = GearTable.seeded(0);

  /**
   * Possible cuts, counted from the start of the next chunk; the first one is at the least size.
   */
  private int[] peaks = new int[64];

  private int count;

  /** The hash at the last peak. */
  private long highest;

  /** The last place that was looked at, and the hash there. */
  private int seen;

  private long hash;

  RepMaxCutter(RepMaxCdc parameters) {
    this.parameters = parameters;
  }

  @Override
  public int next(byte[] bytes, int from, int to) {
    int least = parameters.minBytes();
    int length = to - from;
    if (length / 2 < least) {
      return length;
    }
    // What is left after a cut has to make a chunk as well.
    int limit = Math.min(length - least, least + parameters.horizonBytes());
    if (count == 0) {
      begin(bytes, from, least);
    }
    climb(bytes, from, limit);
    int cut = peaks[firstCut()];
    moveOn(bytes, from, cut);
    return cut;
  }

  /** The first cut that remains once the best ones behind it have been made. */
  private int firstCut() {
    int least = parameters.minBytes();
    int cut = count - 1;
    while (peaks[cut] >= 2 * least) {
      int limit = peaks[cut] - least;
      do {
        cut--;
      } while (peaks[cut] > limit);
    }
    return cut;
  }

  private void begin(byte[] bytes, int from, int first) {
    hash = 0;
    for (int at = from + first - GearTable.WINDOW_BYTES; at < from + first; at++) {
      hash = (hash << 1) + gear[bytes[at] & 0xff];
    }
    seen = first;
    highest = hash;
    peaks[0] = first;
    count = 1;
  }

  private void climb(byte[] bytes, int from, int limit) {
    long current = hash;
    long best = highest;
    for (int at = seen; at < limit; at++) {
      current = (current << 1) + gear[bytes[from + at] & 0xff];
      if (Long.compareUnsigned(current, best) > 0) {
        best = current;
        add(at + 1);
      }
    }
    hash = current;
    highest = best;
    seen = Math.max(seen, limit);
  }

  private void add(int peak) {
    if (count == peaks.length) {
      peaks = Arrays.copyOf(peaks, count * 2);
    }
    peaks[count++] = peak;
  }

  /** Makes the places count from {@code cut} on. */
  private void moveOn(byte[] bytes, int from, int cut) {
    int first = cut + parameters.minBytes();
    int[] kept = Arrays.stream(peaks, 0, count).filter(peak -> peak >= first).toArray();
    if (kept.length == 0) {
      count = 0;
      return;
    }
    long hashAhead = hash;
    long highestAhead = highest;
    int seenAhead = seen;
    // Between the first place that is possible now and the first peak kept, there may be others.
    count = 0;
    if (kept[0] > first) {
      begin(bytes, from, first);
      climb(bytes, from, kept[0] - 1);
    }
    for (int peak : kept) {
      add(peak);
    }
    for (int i = 0; i < count; i++) {
      peaks[i] -= cut;
    }
    hash = hashAhead;
    highest = highestAhead;
    seen = seenAhead - cut;
  }
}
