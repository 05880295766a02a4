package dev.millrace.cas.collection;

/**
 * How much is scrubbed, and how fast.
 *
 * @param dailyShare of all blobs, from 0 to 1
 */
public record ScrubSettings(double dailyShare, Throttle throttle) {

  public ScrubSettings {
    if (!(dailyShare >= 0 && dailyShare <= 1)) {
      throw new IllegalArgumentException("daily share: from 0 to 1, not " + dailyShare);
    }
  }
}
