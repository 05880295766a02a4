package dev.millrace.cas.collection;

import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.Deletions.Swept;
import dev.millrace.cas.s3.ObjectBucket;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes the objects that no blob has any more, and those of uploads that came to nothing.
 * Replicas that do it at the same time share the work. What fails is tried again: nothing is ever
 * forgotten.
 */
public final class ObjectDeleter {

  private static final Logger LOG = LoggerFactory.getLogger(ObjectDeleter.class);
  private static final Duration RETRY_AFTER = Duration.ofMinutes(10);

  private final Deletions deletions;
  private final ObjectBucket bucket;
  private final CollectionMetrics metrics;
  private final Pace pace;

  public ObjectDeleter(
      Deletions deletions, ObjectBucket bucket, CollectionMetrics metrics, Pace pace) {
    this.deletions = deletions;
    this.bucket = bucket;
    this.metrics = metrics;
    this.pace = pace;
  }

  /**
   * Deletes all that are due.
   *
   * @return how many are gone
   * @throws dev.millrace.failure.Failure.Unavailable if the store does not answer; they stay due
   */
  public int deleteDue() {
    int gone = 0;
    int left = 0;
    Swept batch;
    do {
      pace.pause();
      batch = deletions.deleteDue(ObjectBucket.MOST, RETRY_AFTER, bucket::delete);
      metrics.objectsDeleted(batch.gone());
      gone += batch.gone();
      left += batch.left();
    } while (batch.gone() + batch.left() == ObjectBucket.MOST);
    if (left > 0) {
      LOG.warn("{} objects could not be deleted, and will be tried again", left);
    }
    if (gone > 0) {
      LOG.info("{} objects deleted that no blob has", gone);
    }
    return gone;
  }
}
