package dev.millrace.cas.s3;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * All objects of a store at once, for those who tidy up. Whatever goes wrong is {@link
 * dev.millrace.failure.Failure.Unavailable}.
 */
public interface ObjectBucket {

  /** The most objects that are deleted by one call. */
  int MOST = 1000;

  /** An object that is there. */
  record Listed(UUID object, Instant written, long length) {}

  /**
   * Deletes objects, at most {@link #MOST}.
   *
   * @return those that are gone; the others may be or may not be
   */
  Set<UUID> delete(Set<UUID> objects);

  /** Hands over all objects, page by page. What is not named as an object of ours is left out. */
  void list(Consumer<List<Listed>> pages);
}
