package dev.millrace.cas.s3;

import java.time.Duration;

/**
 * What uploads to an {@link S3StagingArea} may take.
 *
 * @param inlineBytes a blob up to this size goes into its index row
 * @param savedTailBytes a suspended upload keeps so much in its row; more becomes an object
 * @param idle after how long an upload that nothing arrives of gives its memory back
 * @param crowdedIdle the same while others wait for memory
 */
public record StagingLimits(
    int inlineBytes, int savedTailBytes, Duration idle, Duration crowdedIdle) {

  private static final int SAVED_TAIL_BYTES = 256 * 1024;

  public StagingLimits {
    if (inlineBytes < 0 || savedTailBytes < 0 || idle.isNegative() || crowdedIdle.isNegative()) {
      throw new IllegalArgumentException("limits of uploads must not be negative");
    }
  }

  /** The usual limits. */
  public static StagingLimits of(int inlineBytes) {
    return new StagingLimits(
        inlineBytes, SAVED_TAIL_BYTES, Duration.ofSeconds(15), Duration.ofSeconds(1));
  }
}
