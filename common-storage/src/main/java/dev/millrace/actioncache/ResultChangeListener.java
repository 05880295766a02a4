package dev.millrace.actioncache;

/**
 * Told when results may have been taken back behind a cache's back, on this replica or another. A
 * cache drops everything then, and does not take in what it had begun to load before, which may be
 * the very result that is gone.
 */
public interface ResultChangeListener {

  /** Called from a thread of its own; must not block. */
  void resultsRevoked();
}
