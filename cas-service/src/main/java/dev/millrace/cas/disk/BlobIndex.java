package dev.millrace.cas.disk;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where blobs are: a hash table of fixed size in a mapped file. A blob is in one of the {@link
 * #WINDOW} slots that begin at its own or, where those are taken, in a second such window
 * elsewhere. An entry whose block is gone is room for another; where there is no room, the entry of
 * the oldest block makes some.
 *
 * <p>Readers take no lock. An entry carries a checksum, by which a reader sees that it met a writer
 * half-way, and the store that a crash tore an entry.
 *
 * <pre>
 * entry   fingerprint 32 | block number 5, epoch 3 | offset 8 | payload length 8 | checksum 8
 * </pre>
 *
 * <p>A slot that has been used never looks unused again, so a search may stop at an unused one.
 */
final class BlobIndex {

  static final int WINDOW = 16;
  static final int ENTRY_BYTES = 64;
  static final int HEADER_BYTES = 4096;

  private static final long MAGIC = 0x4d724c496e647831L;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final int WHERE = 32;
  private static final int OFFSET = 40;
  private static final int LENGTH = 48;
  private static final int CHECKSUM = 56;

  /** Tells entries that count from those of blocks that are gone. */
  interface Liveness {
    boolean isLive(long block, int epoch, long offset);
  }

  private final Arena arena;
  private final MemorySegment file;
  private final MemorySegment slots;
  private final long mask;
  private final ReentrantLock writing = new ReentrantLock();
  private final AtomicLong displaced = new AtomicLong();

  private BlobIndex(Arena arena, MemorySegment file) {
    this.arena = arena;
    this.file = file;
    this.slots = file.asSlice(HEADER_BYTES);
    this.mask = slots.byteSize() / ENTRY_BYTES - 1;
  }

  /** Opens the file if it is an index of that size and store, else says so with null. */
  static @Nullable BlobIndex open(Path path, long storeId, long entries) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.size() != fileBytes(entries)) {
        return null;
      }
      BlobIndex index = map(channel, entries);
      if (!index.headerIs(storeId, entries)) {
        index.close();
        return null;
      }
      return index;
    }
  }

  /** Makes an empty index in place of whatever is there. */
  static BlobIndex create(Path path, long storeId, long entries) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      BlobIndex index = map(channel, entries);
      index.writeHeader(storeId, entries);
      return index;
    }
  }

  private static BlobIndex map(FileChannel channel, long entries) throws IOException {
    Arena arena = Arena.ofShared();
    return new BlobIndex(
        arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, fileBytes(entries), arena));
  }

  private static long fileBytes(long entries) {
    return HEADER_BYTES + entries * ENTRY_BYTES;
  }

  private boolean headerIs(long storeId, long entries) {
    return file.get(LONG, 0) == MAGIC
        && file.get(LONG, 8) == storeId
        && file.get(LONG, 16) == entries
        && file.get(LONG, 24) == Checksum.mix(Checksum.mix(MAGIC, storeId), entries);
  }

  private void writeHeader(long storeId, long entries) {
    file.set(LONG, 0, MAGIC);
    file.set(LONG, 8, storeId);
    file.set(LONG, 16, entries);
    file.set(LONG, 24, Checksum.mix(Checksum.mix(MAGIC, storeId), entries));
  }

  /** Where a blob is, or null if there is no live entry for it. */
  @Nullable Location find(Fingerprint key, Liveness liveness) {
    try {
      return search(key, liveness);
    } catch (IllegalStateException e) {
      throw closed(e);
    }
  }

  /**
   * Which of many blobs may be there, by number; those left out are not. Most of what a look-up
   * takes is waiting for memory: looking at all of their first slots, one independent of the other,
   * waits for several at once, and what {@link #find} then needs is near.
   */
  BitSet candidates(Fingerprint[] keys) {
    long[] where = new long[keys.length];
    try {
      for (int i = 0; i < keys.length; i++) {
        where[i] = slots.get(LONG, slot(keys[i], 0) + WHERE);
      }
    } catch (IllegalStateException e) {
      throw closed(e);
    }
    BitSet candidates = new BitSet(keys.length);
    for (int i = 0; i < keys.length; i++) {
      candidates.set(i, where[i] != 0);
    }
    return candidates;
  }

  private @Nullable Location search(Fingerprint key, Liveness liveness) {
    for (int i = 0; i < 2 * WINDOW; i++) {
      long slot = slot(key, i);
      if (slots.get(LONG, slot + WHERE) == 0) {
        return null;
      }
      if (holds(slot, key)) {
        Location location = location(slot);
        if (location == null) {
          // Torn, or being written this moment: the lock tells which.
          writing.lock();
          try {
            location = holds(slot, key) ? location(slot) : null;
          } finally {
            writing.unlock();
          }
        }
        if (location != null
            && liveness.isLive(location.block(), location.epoch(), location.offset())) {
          return location;
        }
      }
    }
    return null;
  }

  /** Enters where a blob is, in place of an earlier entry for it. */
  void put(Fingerprint key, Location location, Liveness liveness) {
    writing.lock();
    try {
      write(slotFor(key, liveness), key, location);
    } catch (IllegalStateException e) {
      throw closed(e);
    } catch (InternalError e) {
      // What the JVM makes of a page that the disk has no room for.
      throw new Failure.Unavailable("the index of the local store could not be written", e);
    } finally {
      writing.unlock();
    }
  }

  /** Removes the entry of a blob if it still leads there. */
  void remove(Fingerprint key, Location location) {
    writing.lock();
    try {
      for (int i = 0; i < 2 * WINDOW; i++) {
        long slot = slot(key, i);
        if (holds(slot, key) && location.equals(location(slot))) {
          write(slot, key, new Location(0, location.epoch(), 0, 0));
        }
      }
    } catch (IllegalStateException e) {
      throw closed(e);
    } finally {
      writing.unlock();
    }
  }

  private long slotFor(Fingerprint key, Liveness liveness) {
    long free = -1;
    long oldest = -1;
    long oldestBlock = Long.MAX_VALUE;
    for (int i = 0; i < 2 * WINDOW; i++) {
      long slot = slot(key, i);
      boolean unused = slots.get(LONG, slot + WHERE) == 0;
      if (!unused && holds(slot, key)) {
        return slot;
      }
      Location held = unused ? null : location(slot);
      if (held == null || !liveness.isLive(held.block(), held.epoch(), held.offset())) {
        free = free < 0 ? slot : free;
      } else if (held.block() < oldestBlock) {
        oldest = slot;
        oldestBlock = held.block();
      }
      if (unused) {
        break;
      }
    }
    if (free >= 0) {
      return free;
    }
    displaced.incrementAndGet();
    return oldest;
  }

  /** Entries of live blobs that had to make room. */
  long displaced() {
    return displaced.get();
  }

  /** Returns when all entries are on stable storage. */
  void sync() {
    file.force();
  }

  void close() {
    arena.close();
  }

  private long slot(Fingerprint key, int probe) {
    long number = probe < WINDOW ? key.a() + probe : key.b() + (probe - WINDOW);
    return (number & mask) * ENTRY_BYTES;
  }

  private boolean holds(long slot, Fingerprint key) {
    return slots.get(LONG, slot) == key.a()
        && slots.get(LONG, slot + 8) == key.b()
        && slots.get(LONG, slot + 16) == key.c()
        && slots.get(LONG, slot + 24) == key.d();
  }

  private @Nullable Location location(long slot) {
    long where = slots.get(LONG, slot + WHERE);
    long offset = slots.get(LONG, slot + OFFSET);
    long length = slots.get(LONG, slot + LENGTH);
    if (slots.get(LONG, slot + CHECKSUM) != checksum(slot, where, offset, length)) {
      return null;
    }
    int epoch = (int) (where & Location.MAX_EPOCH);
    return new Location(where >>> Location.EPOCH_BITS, epoch, offset, length);
  }

  private void write(long slot, Fingerprint key, Location location) {
    long where = location.block() << Location.EPOCH_BITS | location.epoch();
    slots.set(LONG, slot, key.a());
    slots.set(LONG, slot + 8, key.b());
    slots.set(LONG, slot + 16, key.c());
    slots.set(LONG, slot + 24, key.d());
    slots.set(LONG, slot + WHERE, where);
    slots.set(LONG, slot + OFFSET, location.offset());
    slots.set(LONG, slot + LENGTH, location.length());
    slots.set(LONG, slot + CHECKSUM, checksum(slot, where, location.offset(), location.length()));
  }

  private long checksum(long slot, long where, long offset, long length) {
    long sum = Checksum.mix(MAGIC, slots.get(LONG, slot));
    sum = Checksum.mix(sum, slots.get(LONG, slot + 8));
    sum = Checksum.mix(sum, slots.get(LONG, slot + 16));
    sum = Checksum.mix(sum, slots.get(LONG, slot + 24));
    return Checksum.mix(Checksum.mix(Checksum.mix(sum, where), offset), length);
  }

  private static Failure closed(IllegalStateException cause) {
    return new Failure.Unavailable("the local store is closed", cause);
  }
}
