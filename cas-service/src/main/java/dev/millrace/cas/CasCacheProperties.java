package dev.millrace.cas;

import dev.millrace.cas.cache.CacheLimits;
import dev.millrace.cas.disk.DiskProperties;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Copies on this machine's disk of blobs that are kept in S3.
 *
 * @param directory made if it is not there; may be emptied while the service is down
 * @param capacity the most that copies take; those used longest ago go first
 */
@ConfigurationProperties(prefix = "millrace.cas.cache")
record CasCacheProperties(Path directory, @DefaultValue("10GB") DataSize capacity) {

  private static final DataSize LEAST = DataSize.ofMegabytes(256);

  CasCacheProperties {
    if (capacity.compareTo(LEAST) < 0) {
      throw new IllegalArgumentException("capacity: at least " + LEAST + ", not " + capacity);
    }
  }

  /** A copy that a loss of power takes is fetched again: nobody waits for the disk. */
  DiskProperties toDiskProperties() {
    return DiskProperties.of(directory.toAbsolutePath().normalize(), capacity.toBytes())
        .withSynchronous(false);
  }

  CacheLimits toLimits(DataSize inlineLimit) {
    return CacheLimits.of(inlineLimit.toBytes(), capacity.toBytes());
  }
}
