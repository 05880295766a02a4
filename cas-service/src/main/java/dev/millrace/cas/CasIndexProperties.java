package dev.millrace.cas;

import dev.millrace.cas.index.Retention;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What an operator can choose about the index of blobs.
 *
 * @param inlineLimit blobs up to this size are kept in the index itself
 * @param retention how long a blob stays after someone was told that it exists
 * @param usePrecision by how much the recorded time of last use may lag behind
 * @param objectLife how long an object may wait to become part of a blob, and an upload to go on
 * @param quarantinesPerMinute how many blobs a process sets aside as damaged before it takes that
 *     for a fault of what it reads them through
 * @param maxConcurrentQueries the most connections used at once, not more than the pool has
 */
@ConfigurationProperties(prefix = "millrace.cas.index")
record CasIndexProperties(
    @DefaultValue("16KB") DataSize inlineLimit,
    @DefaultValue("6h") Duration retention,
    @DefaultValue("10m") Duration usePrecision,
    @DefaultValue("1d") Duration objectLife,
    @DefaultValue("10") int quarantinesPerMinute,
    @DefaultValue("8") int maxConcurrentQueries) {

  private static final Duration LEAST_RETENTION = Duration.ofHours(3);

  CasIndexProperties {
    if (inlineLimit.isNegative() || inlineLimit.toMegabytes() >= 1) {
      throw new IllegalArgumentException("inline-limit: below 1 MB, not " + inlineLimit);
    }
    if (retention.compareTo(LEAST_RETENTION) < 0) {
      throw new IllegalArgumentException(
          "retention: at least " + LEAST_RETENTION + ", on which clients count, not " + retention);
    }
    if (objectLife.compareTo(Duration.ofHours(1)) < 0) {
      throw new IllegalArgumentException("object-life: at least 1 h, not " + objectLife);
    }
    if (quarantinesPerMinute < 0) {
      throw new IllegalArgumentException(
          "quarantines-per-minute: at least 0, not " + quarantinesPerMinute);
    }
    if (maxConcurrentQueries < 1) {
      throw new IllegalArgumentException(
          "max-concurrent-queries: at least 1, not " + maxConcurrentQueries);
    }
  }

  Retention toRetention() {
    return new Retention(retention, usePrecision);
  }
}
