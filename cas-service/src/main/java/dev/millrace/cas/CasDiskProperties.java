package dev.millrace.cas;

import dev.millrace.cas.disk.DiskProperties;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Where blobs are kept on this machine.
 *
 * @param directory made if it is not there
 * @param capacity the most that blobs take; those used longest ago go first
 * @param synchronous whether a write is answered only once it would survive a loss of power;
 *     without, a crash of the machine can take the last seconds' blobs, never part of one
 */
@ConfigurationProperties(prefix = "millrace.cas.disk")
record CasDiskProperties(
    Path directory,
    @DefaultValue("20GB") DataSize capacity,
    @DefaultValue("true") boolean synchronous) {

  private static final DataSize LEAST = DataSize.ofMegabytes(256);

  CasDiskProperties {
    if (capacity.compareTo(LEAST) < 0) {
      throw new IllegalArgumentException("capacity: at least " + LEAST + ", not " + capacity);
    }
  }

  DiskProperties toDiskProperties() {
    return DiskProperties.of(directory.toAbsolutePath().normalize(), capacity.toBytes())
        .withSynchronous(synchronous);
  }
}
