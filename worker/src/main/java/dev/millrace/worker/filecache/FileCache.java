package dev.millrace.worker.filecache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Input files on local disk, within a number of bytes; the least recently used go first. Content is
 * verified on its way in, files appear under their names whole or not at all, and what is linked
 * into an input root stays there even if the cache drops it.
 *
 * <p>A file that is being used is pinned by a {@link Reservation}. If the pinned ones alone exceed
 * the size, the cache grows beyond it until they are let go.
 *
 * <p>The lock guards the index only; disk is touched outside of it.
 */
public final class FileCache {

  private static final Logger log = LoggerFactory.getLogger(FileCache.class);

  private final CacheDirectory directory;
  private final long maxBytes;
  private final ReentrantLock lock = new ReentrantLock();

  /** In order of use, the least recent first. */
  @GuardedBy("lock")
  private final LinkedHashMap<CachedContent, CacheEntry> entries = new LinkedHashMap<>();

  @GuardedBy("lock")
  private final Map<CachedContent, CompletableFuture<Void>> arriving = new HashMap<>();

  @GuardedBy("lock")
  private long bytes;

  private FileCache(CacheDirectory directory, long maxBytes) {
    this.directory = directory;
    this.maxBytes = maxBytes;
  }

  /**
   * Opens the cache that a directory holds, or begins one there. Input roots must lie on the same
   * file system if they are to be linked.
   */
  public static FileCache open(Path path, long maxBytes) throws IOException {
    CacheDirectory directory = new CacheDirectory(path);
    FileCache cache = new FileCache(directory, maxBytes);
    cache.adopt(directory.recover());
    return cache;
  }

  /**
   * Pins what of {@code wanted} is here. Of the rest, what nobody else is fetching is left to the
   * caller to {@link Reservation#fill}; until the reservation is closed, others wait for it.
   */
  public Reservation reserve(Collection<CachedContent> wanted) {
    Reservation reservation = new Reservation(this);
    lock.lock();
    try {
      for (CachedContent content : wanted) {
        CacheEntry entry = entries.get(content);
        if (entry != null) {
          entries.putLast(content, entry);
          entry.pin();
          reservation.hold(entry);
          continue;
        }
        CompletableFuture<Void> arrival = arriving.get(content);
        if (arrival == null) {
          arriving.put(content, new CompletableFuture<>());
          reservation.owe(content);
        } else {
          reservation.expect(content, arrival);
        }
      }
    } finally {
      lock.unlock();
    }
    return reservation;
  }

  /** Bytes of all files in the cache. */
  public long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  CacheDirectory directory() {
    return directory;
  }

  /** Takes in a fetched file, pinned for the one who fetched it. */
  void arrived(CacheEntry entry) {
    CompletableFuture<Void> arrival;
    lock.lock();
    try {
      entry.pin();
      entries.putLast(entry.content, entry);
      bytes += entry.size();
      arrival = arriving.remove(entry.content);
    } finally {
      lock.unlock();
    }
    if (arrival != null) {
      arrival.complete(null);
    }
    evict();
  }

  /** Lets go of pins, and of the duty to fetch what was not fetched. */
  void release(Collection<CacheEntry> held, Collection<CachedContent> owed) {
    List<CompletableFuture<Void>> abandoned = new ArrayList<>();
    lock.lock();
    try {
      held.forEach(CacheEntry::unpin);
      for (CachedContent content : owed) {
        CompletableFuture<Void> arrival = arriving.remove(content);
        if (arrival != null) {
          abandoned.add(arrival);
        }
      }
    } finally {
      lock.unlock();
    }
    // Whoever waited looks again, and one of them takes over the fetch.
    abandoned.forEach(arrival -> arrival.complete(null));
    evict();
  }

  /** Forgets a file that somebody wrote to. */
  void drop(CacheEntry entry) {
    boolean removed;
    lock.lock();
    try {
      removed = entries.remove(entry.content, entry);
      if (removed) {
        bytes -= entry.size();
      }
    } finally {
      lock.unlock();
    }
    if (removed) {
      log.warn("{} was changed by an action that had it as an input; dropped", entry.file);
      directory.delete(entry.file);
    }
  }

  private void adopt(List<CacheEntry> found) {
    List<CacheEntry> doubles = new ArrayList<>();
    lock.lock();
    try {
      for (CacheEntry entry : found) {
        if (entries.putIfAbsent(entry.content, entry) == null) {
          bytes += entry.size();
        } else {
          doubles.add(entry);
        }
      }
    } finally {
      lock.unlock();
    }
    doubles.forEach(entry -> directory.delete(entry.file));
    evict();
  }

  private void evict() {
    List<CacheEntry> victims = new ArrayList<>();
    lock.lock();
    try {
      Iterator<CacheEntry> oldestFirst = entries.values().iterator();
      while (bytes > maxBytes && oldestFirst.hasNext()) {
        CacheEntry entry = oldestFirst.next();
        if (!entry.isPinned()) {
          oldestFirst.remove();
          bytes -= entry.size();
          victims.add(entry);
        }
      }
    } finally {
      lock.unlock();
    }
    victims.forEach(entry -> directory.delete(entry.file));
  }

  /** Whether a file of the cache is as it was when it came in. */
  static boolean isUntouched(CacheEntry entry) throws IOException {
    return Files.exists(entry.file) && Stamp.of(entry.file).equals(entry.stamp);
  }
}
