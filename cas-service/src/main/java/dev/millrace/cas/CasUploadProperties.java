package dev.millrace.cas;

import dev.millrace.cas.upload.GatheringRoom;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/**
 * What uploads may take.
 *
 * @param gatheringMemory heap for blobs of up to 1 MiB while they arrive, at most a quarter of it
 *     and by default a sixteenth; those that find no room are staged as larger ones are, and with 0
 *     all are
 */
@ConfigurationProperties(prefix = "millrace.cas.upload")
record CasUploadProperties(@Nullable DataSize gatheringMemory) {

  private static final int USUAL_PART = 16;
  private static final int LARGEST_PART = 4;

  CasUploadProperties {
    if (gatheringMemory != null && gatheringMemory.isNegative()) {
      throw new IllegalArgumentException(
          "gathering-memory: must not be negative, is " + gatheringMemory);
    }
  }

  /**
   * @param heap the most that it may take
   * @throws IllegalArgumentException if too much of it was asked for
   */
  GatheringRoom room(long heap) {
    if (gatheringMemory == null) {
      return new GatheringRoom(heap / USUAL_PART);
    }
    if (gatheringMemory.toBytes() > heap / LARGEST_PART) {
      throw new IllegalArgumentException(
          "millrace.cas.upload.gathering-memory: at most a quarter of the heap of %d MiB, not %s"
              .formatted(heap >> 20, gatheringMemory));
    }
    return new GatheringRoom(gatheringMemory.toBytes());
  }
}
