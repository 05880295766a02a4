package dev.millrace.cas.collection;

import dev.millrace.cas.index.Tally;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What a round of collection found and did, or would have done.
 *
 * @param rehearsed it changed nothing
 * @param stored what was there by instance, without what had been condemned before
 * @param condemned what it condemned by instance
 * @param deleted what had been condemned before and is gone, by instance
 * @param spared blobs that had been condemned before and have been used since
 * @param waiting what had been condemned before, and neither used nor deleted since
 * @param shortfalls limits that cannot be kept for now
 */
public record Round(
    Instant started,
    Duration took,
    boolean rehearsed,
    Map<InstanceName, Tally> stored,
    Map<InstanceName, Tally> condemned,
    Map<InstanceName, Tally> deleted,
    long spared,
    Tally waiting,
    List<Shortfall> shortfalls) {

  static final Comparator<InstanceName> BY_NAME = Comparator.comparing(InstanceName::value);

  /** All instances together. */
  public static Tally sum(Map<InstanceName, Tally> tallies) {
    return Tally.sum(tallies.values());
  }
}
