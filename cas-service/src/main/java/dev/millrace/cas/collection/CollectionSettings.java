package dev.millrace.cas.collection;

import java.time.Duration;
import java.util.List;

/**
 * How blobs are collected.
 *
 * @param limits in the order in which they are to be kept: those of instances before that of all
 * @param condemnedFor how long a blob stays condemned before it is deleted
 * @param objectsLiveOn how long its objects are left to those who are reading them
 * @param batch the most blobs that one statement condemns or deletes
 */
public record CollectionSettings(
    List<Limit> limits, Duration condemnedFor, Duration objectsLiveOn, int batch) {

  public CollectionSettings {
    limits = List.copyOf(limits);
    if (condemnedFor.isNegative() || objectsLiveOn.isNegative() || batch < 1) {
      throw new IllegalArgumentException(
          "collection: times that are not negative and a batch of at least 1, not %s, %s, %d"
              .formatted(condemnedFor, objectsLiveOn, batch));
    }
  }
}
