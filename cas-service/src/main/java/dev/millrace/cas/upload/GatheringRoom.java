package dev.millrace.cas.upload;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The heap that all uploads that are being gathered share. A blob gets room for all of it or none,
 * and nobody waits: there is another place for what finds no room here.
 */
public final class GatheringRoom {

  private final AtomicLong free;

  /**
   * @param bytes how much there is; 0 if nothing is to be gathered
   */
  public GatheringRoom(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("room to gather in: not less than nothing, but " + bytes);
    }
    free = new AtomicLong(bytes);
  }

  /** Room for a blob, until the share is closed; empty if there is not enough. */
  Optional<Share> take(int bytes) {
    long before;
    do {
      before = free.get();
      if (bytes > before) {
        return Optional.empty();
      }
    } while (!free.compareAndSet(before, before - bytes));
    return Optional.of(new Share(bytes));
  }

  /** Bytes that nobody has. */
  public long free() {
    return free.get();
  }

  /** What one blob has of the room; given back once, however often it is closed. */
  final class Share implements AutoCloseable {

    private final int bytes;
    private final AtomicBoolean given = new AtomicBoolean();

    private Share(int bytes) {
      this.bytes = bytes;
    }

    @Override
    public void close() {
      if (given.compareAndSet(false, true)) {
        free.addAndGet(bytes);
      }
    }
  }
}
