package dev.millrace.cas.cache;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The fetches under way, at most one of a blob. */
final class Fetches {

  private final LocalCopies copies;
  private final CacheLimits limits;
  private final ConcurrentHashMap<BlobKey, Fetch> underWay = new ConcurrentHashMap<>();

  Fetches(LocalCopies copies, CacheLimits limits) {
    this.copies = copies;
    this.limits = limits;
  }

  /**
   * Joins the fetch of a blob, or begins one; empty if a reader would wait too long for what lies
   * before its position.
   */
  Optional<Fetch> join(BlobKey blob, long position) {
    while (true) {
      Fetch fetch =
          position > limits.nearBytes()
              ? underWay.get(blob)
              : underWay.computeIfAbsent(blob, this::begin);
      if (fetch == null) {
        return Optional.empty();
      }
      switch (fetch.join(position)) {
        case JOINED -> {
          return Optional.of(fetch);
        }
        case TOO_FAR -> {
          return Optional.empty();
        }
        case ENDED -> ended(fetch);
      }
    }
  }

  private Fetch begin(BlobKey blob) {
    return new Fetch(blob, copies, limits.nearBytes(), this::ended);
  }

  private void ended(Fetch fetch) {
    underWay.remove(fetch.blob(), fetch);
  }

  boolean isUnderWay(BlobKey blob) {
    return underWay.containsKey(blob);
  }

  int count() {
    return underWay.size();
  }
}
