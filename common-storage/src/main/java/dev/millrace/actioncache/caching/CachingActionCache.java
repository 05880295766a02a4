package dev.millrace.actioncache.caching;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.ResultChangeListener;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps results that were looked up in memory, so that a hot one costs no query. Goes directly
 * around a back end that others share, and inside of every check: whether a result may be served is
 * found out anew each time.
 *
 * <p>What this replica puts is seen at once, and what is revoked anywhere as soon as the listener
 * hears of it; what another replica overwrites, with a result as valid as the first, after {@code
 * maxAge}. That nothing is there is never kept.
 */
public final class CachingActionCache implements ActionCache, ResultChangeListener {

  /** What an entry takes besides its messages, about. */
  private static final int ENTRY_BYTES = 512;

  /** A parsed message takes some times what it takes on the wire. */
  private static final int PARSED_FACTOR = 4;

  private record Key(InstanceName instance, Digest action) {}

  private record Entry(ActionResult result, long bytes, Instant until) {}

  private final ActionCache delegate;
  private final Clock clock;
  private final Duration maxAge;
  private final long maxBytes;

  private final ReentrantLock lock = new ReentrantLock();

  /** The one used longest ago first. */
  private final Map<Key, Entry> entries = new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true);

  private long bytes;

  /** Counts what may have made a result obsolete that is just being loaded. */
  private long changes;

  /**
   * @param maxAge how long a result is kept at most
   * @param maxBytes about how much memory all of them take at most
   */
  public CachingActionCache(ActionCache delegate, Clock clock, Duration maxAge, long maxBytes) {
    this.delegate = delegate;
    this.clock = clock;
    this.maxAge = maxAge;
    this.maxBytes = maxBytes;
  }

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    Key key = new Key(instance, action);
    Instant now = clock.instant();
    long seen;
    lock.lock();
    try {
      Entry entry = entries.get(key);
      if (entry != null && now.isBefore(entry.until())) {
        return Optional.of(entry.result());
      }
      seen = changes;
    } finally {
      lock.unlock();
    }
    Optional<ActionResult> loaded = delegate.get(instance, action);
    loaded.ifPresent(result -> keep(key, result, now.plus(maxAge), seen));
    return loaded;
  }

  private void keep(Key key, ActionResult result, Instant until, long seen) {
    long size = ENTRY_BYTES + (long) PARSED_FACTOR * result.getSerializedSize();
    if (size > maxBytes / 16) {
      return;
    }
    lock.lock();
    try {
      if (changes != seen) {
        return;
      }
      remove(key);
      entries.put(key, new Entry(result, size, until));
      bytes += size;
      Iterator<Entry> oldest = entries.values().iterator();
      while (bytes > maxBytes) {
        bytes -= oldest.next().bytes();
        oldest.remove();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void put(
      InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
    try {
      delegate.put(instance, action, result, provenance);
    } finally {
      // A put that failed may have been stored nevertheless.
      lock.lock();
      try {
        changes++;
        remove(new Key(instance, action));
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void resultsRevoked() {
    lock.lock();
    try {
      changes++;
      entries.clear();
      bytes = 0;
    } finally {
      lock.unlock();
    }
  }

  private void remove(Key key) {
    Entry removed = entries.remove(key);
    if (removed != null) {
      bytes -= removed.bytes();
    }
  }
}
