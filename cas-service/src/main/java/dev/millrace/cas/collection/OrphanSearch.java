package dev.millrace.cas.collection;

import dev.millrace.cas.index.ObjectCensus;
import dev.millrace.cas.s3.ObjectBucket;
import dev.millrace.cas.s3.ObjectBucket.Listed;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds objects that nobody knows, by listing the whole bucket. There should be none: every object
 * is known before it is written. It is for a bucket beside a database that was restored.
 */
public final class OrphanSearch {

  private static final Logger LOG = LoggerFactory.getLogger(OrphanSearch.class);

  /** Younger ones are not looked at, whatever the clocks say. */
  private static final Duration LEAST_AGE = Duration.ofDays(1);

  private static final int BATCH = 10_000;

  private final ObjectCensus census;
  private final ObjectBucket bucket;
  private final CollectionMetrics metrics;
  private final Clock clock;

  public OrphanSearch(
      ObjectCensus census, ObjectBucket bucket, CollectionMetrics metrics, Clock clock) {
    this.census = census;
    this.bucket = bucket;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Says which they are; empty if another replica is at it. */
  public Optional<List<UUID>> find() {
    Instant before = clock.instant().minus(LEAST_AGE);
    Optional<List<UUID>> orphans =
        census.unknown(pages ->
            bucket.list(page ->
                pages.accept(
                    page.stream()
                        .filter(listed -> listed.written().isBefore(before))
                        .map(Listed::object)
                        .toList())));
    orphans.ifPresent(found -> {
      metrics.orphans(found.size());
      LOG.info("The bucket has {} objects that nobody knows", found.size());
    });
    return orphans;
  }

  /** Leaves them to be deleted with all others that are due; returns how many. */
  public int release() {
    int released = 0;
    List<UUID> orphans = find().orElse(List.of());
    for (int at = 0; at < orphans.size(); at += BATCH) {
      List<UUID> batch = orphans.subList(at, Math.min(orphans.size(), at + BATCH));
      released += census.condemn(batch, clock.instant());
    }
    if (released > 0) {
      LOG.warn("{} objects that nobody knows are left to be deleted", released);
    }
    return released;
  }
}
