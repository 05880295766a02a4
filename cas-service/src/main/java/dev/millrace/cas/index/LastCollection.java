package dev.millrace.cas.index;

import java.time.Instant;

/**
 * What a round of collection did, as all replicas can see it.
 *
 * @param stored what was there, without what had been condemned
 * @param condemned what it condemned
 * @param deleted what was condemned before and is gone
 * @param spared blobs that were condemned before and have been used since
 * @param outstanding blobs that it left condemned
 */
public record LastCollection(
    Instant started,
    Instant ended,
    Tally stored,
    Tally condemned,
    Tally deleted,
    long spared,
    long outstanding) {}
