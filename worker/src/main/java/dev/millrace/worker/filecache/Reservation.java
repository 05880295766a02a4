package dev.millrace.worker.filecache;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One user's hold on files of the cache: what is here stays here until this is closed, and what the
 * user took upon itself to fetch is fetched by nobody else. Filling and placing may be done from
 * several threads.
 */
public final class Reservation implements AutoCloseable {

  private static final int BUFFER = 256 * 1024;

  private final FileCache cache;
  private final Map<CachedContent, CacheEntry> held = new LinkedHashMap<>();
  private final Set<CachedContent> owed = new LinkedHashSet<>();
  private final Map<CachedContent, CompletableFuture<Void>> expected = new LinkedHashMap<>();

  Reservation(FileCache cache) {
    this.cache = cache;
  }

  void hold(CacheEntry entry) {
    held.put(entry.content, entry);
  }

  void owe(CachedContent content) {
    owed.add(content);
  }

  void expect(CachedContent content, CompletableFuture<Void> arrival) {
    expected.put(content, arrival);
  }

  /** What is to be {@link #fill filled} by the holder of this. */
  public synchronized Set<CachedContent> owed() {
    return Set.copyOf(owed);
  }

  /** What can be {@link #place placed}. */
  public synchronized Set<CachedContent> held() {
    return Set.copyOf(held.keySet());
  }

  /**
   * What others are fetching, each with the moment when it is worth reserving it again. Wait only
   * after closing this, so that nobody waits for somebody who waits.
   */
  public Map<CachedContent, CompletableFuture<Void>> expected() {
    return Map.copyOf(expected);
  }

  /** Takes in a blob that is in memory. */
  public void fill(CachedContent content, ByteString blob) {
    fill(content, writer -> blob.asReadOnlyByteBufferList().forEach(writer::write));
  }

  /** Takes in a blob as it is read. */
  public void fill(CachedContent content, BlobReader blob) {
    fill(
        content,
        writer -> {
          ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
          long position = 0;
          while (position < content.digest().sizeBytes()) {
            int read = blob.read(position, buffer.clear());
            if (read <= 0) {
              break;
            }
            position += read;
            writer.write(buffer.flip());
          }
        });
  }

  private interface Source {
    void copyTo(IncomingFile file);
  }

  private void fill(CachedContent content, Source source) {
    Path incoming = cache.directory().newIncoming();
    try {
      CacheEntry entry;
      try (IncomingFile file = new IncomingFile(content.digest(), incoming)) {
        source.copyTo(file);
        file.verify();
      }
      try {
        entry = cache.directory().admit(content, incoming);
      } catch (IOException e) {
        throw new Failure.Unavailable("cannot take " + incoming + " into the file cache", e);
      }
      cache.arrived(entry);
      synchronized (this) {
        owed.remove(content);
        held.put(content, entry);
      }
    } finally {
      cache.directory().delete(incoming);
    }
  }

  /**
   * Makes a file with this content, dated and permitted as all of them are.
   *
   * @return the stamp that the file keeps for as long as nobody writes to it; none if the file was
   *     found changed, in which case it is gone from the cache and must be reserved again
   */
  public Optional<Stamp> place(CachedContent content, List<Path> targets, Placement how) {
    CacheEntry entry;
    synchronized (this) {
      entry = held.get(content);
    }
    if (entry == null) {
      throw new IllegalStateException(content + " is not held by this reservation");
    }
    try {
      if (!FileCache.isUntouched(entry)) {
        cache.drop(entry);
        return Optional.empty();
      }
      for (Path target : targets) {
        how.place(entry.file, target);
      }
      return Optional.of(entry.stamp);
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot place input file " + targets, e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      cache.release(List.copyOf(held.values()), Set.copyOf(owed));
      held.clear();
      owed.clear();
    }
  }
}
