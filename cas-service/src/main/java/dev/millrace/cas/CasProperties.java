package dev.millrace.cas;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What an operator can set of the blob service.
 *
 * @param maxBatchSize most bytes of content in one batch call; what surrounds it in a message of 4
 *     MiB needs some room
 * @param maxCompressedStreams most streams compressed or decompressed at once, each of which may
 *     hold 8 MiB outside of the heap
 * @param maxSuspendedUploads most interrupted uploads kept to be continued
 * @param suspendedUploadAge how long they are kept
 */
@ConfigurationProperties(prefix = "millrace.cas")
public record CasProperties(
    @DefaultValue("3968KB") DataSize maxBatchSize,
    @DefaultValue("100") int maxCompressedStreams,
    @DefaultValue("1000") int maxSuspendedUploads,
    @DefaultValue("1d") Duration suspendedUploadAge) {

  public CasProperties {
    if (maxBatchSize.toBytes() < 1 || maxBatchSize.toMegabytes() >= 1024) {
      throw new IllegalArgumentException("max-batch-size: up to 1 GiB, not " + maxBatchSize);
    }
    if (maxCompressedStreams < 1) {
      throw new IllegalArgumentException(
          "max-compressed-streams: at least one, not " + maxCompressedStreams);
    }
    if (maxSuspendedUploads < 0) {
      throw new IllegalArgumentException(
          "max-suspended-uploads: must not be negative, is " + maxSuspendedUploads);
    }
    if (suspendedUploadAge.isNegative()) {
      throw new IllegalArgumentException(
          "suspended-upload-age: must not be negative, is " + suspendedUploadAge);
    }
  }
}
