package dev.millrace.cas.cache;

import dev.millrace.digest.Digest;

/**
 * Which blobs get a local copy, and which reads wait for it.
 *
 * @param smallestBytes smaller blobs come with their index row, so that a copy would save nothing
 * @param largestBytes larger blobs would push out too many others, and are passed through
 * @param nearBytes how far ahead of a copy that is being filled a reader waits for it; one farther
 *     ahead reads past it
 */
public record CacheLimits(long smallestBytes, long largestBytes, long nearBytes) {

  private static final long NEAR_BYTES = 4 * 1024 * 1024;
  private static final int LARGEST_SHARE = 8;

  public CacheLimits {
    if (smallestBytes < 1 || largestBytes < smallestBytes || nearBytes < 0) {
      throw new IllegalArgumentException(
          "limits must be positive and in order: %d, %d, %d"
              .formatted(smallestBytes, largestBytes, nearBytes));
    }
  }

  /**
   * The usual limits: blobs up to an eighth of the cache.
   *
   * @param inlineBytes the largest blob that the index row carries
   */
  public static CacheLimits of(long inlineBytes, long capacityBytes) {
    long smallest = inlineBytes + 1;
    return new CacheLimits(smallest, Math.max(smallest, capacityBytes / LARGEST_SHARE), NEAR_BYTES);
  }

  boolean keep(Digest digest) {
    return digest.sizeBytes() >= smallestBytes && digest.sizeBytes() <= largestBytes;
  }
}
