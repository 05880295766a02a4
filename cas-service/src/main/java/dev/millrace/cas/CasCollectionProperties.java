package dev.millrace.cas;

import dev.millrace.cas.collection.CollectionSettings;
import dev.millrace.cas.collection.Limit;
import dev.millrace.cas.collection.Limit.Scope;
import dev.millrace.cas.collection.ScrubSettings;
import dev.millrace.cas.collection.Throttle;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What is kept in S3 and PostgreSQL, and for how long.
 *
 * @param enabled whether this process takes part; one that does is enough
 * @param dryRun rounds only say what they would do
 * @param interval from one round to the next, over all processes
 * @param highWatermark above this, room is made; no limit if it is not set
 * @param lowWatermark down to this; nine tenths of the high one if it is not set
 * @param quotas the same as {@code highWatermark} for an instance and those below it
 * @param condemnedFor how long a blob stays condemned before it is deleted
 * @param readGrace how long the objects of a deleted blob are left to those who are reading it
 * @param uploadAge how long an upload stays that nobody goes on with
 * @param batchSize the most blobs that one statement condemns or deletes
 * @param scrub how much is hashed again
 * @param orphans what is done about objects that nobody knows
 */
@ConfigurationProperties(prefix = "millrace.cas.collection")
record CasCollectionProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("false") boolean dryRun,
    @DefaultValue("5m") Duration interval,
    @Nullable DataSize highWatermark,
    @Nullable DataSize lowWatermark,
    @Nullable Map<String, DataSize> quotas,
    @DefaultValue("10m") Duration condemnedFor,
    @DefaultValue("1h") Duration readGrace,
    @DefaultValue("1d") Duration uploadAge,
    @DefaultValue("1000") int batchSize,
    @DefaultValue Scrub scrub,
    @DefaultValue("off") Orphans orphans) {

  private static final double LOW_OF_HIGH = 0.9;

  /**
   * @param dailyShare of all blobs
   * @param rate bytes a second at most
   */
  record Scrub(@DefaultValue("0.01") double dailyShare, @DefaultValue("20MB") DataSize rate) {

    ScrubSettings toSettings() {
      return new ScrubSettings(dailyShare, Throttle.bytesPerSecond(rate.toBytes()));
    }
  }

  enum Orphans {
    /** The bucket is not listed. */
    OFF,
    /** It is listed once a day, and the log says what is found. */
    REPORT,
    /** And what is found is deleted. */
    DELETE
  }

  CasCollectionProperties {
    if (!interval.isPositive() || !uploadAge.isPositive()) {
      throw new IllegalArgumentException("interval, upload-age: must be positive");
    }
    if (lowWatermark != null && highWatermark == null) {
      throw new IllegalArgumentException("low-watermark: only with a high-watermark");
    }
    if (scrub.rate().toBytes() < 1) {
      throw new IllegalArgumentException("scrub.rate: must be positive");
    }
  }

  CollectionSettings toSettings() {
    return new CollectionSettings(limits(), condemnedFor, readGrace, batchSize);
  }

  /** Those of the deepest instances first, so that the others find what they have left. */
  private List<Limit> limits() {
    List<Limit> limits = new ArrayList<>();
    if (quotas != null) {
      quotas.forEach((name, quota) -> {
        long high = quota.toBytes();
        limits.add(new Limit(new Scope.Tree(new InstanceName(name)), high, low(high)));
      });
    }
    limits.sort(
        Comparator.comparing(
            limit -> limit.scope().toString().length(), Comparator.reverseOrder()));
    if (highWatermark != null) {
      long high = highWatermark.toBytes();
      limits.add(
          new Limit(
              new Scope.Everything(),
              high,
              lowWatermark == null ? low(high) : lowWatermark.toBytes()));
    }
    return limits;
  }

  private static long low(long high) {
    return (long) (high * LOW_OF_HIGH);
  }
}
