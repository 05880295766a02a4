package dev.millrace.cas.upload;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One upload's writer, and which call it belongs to at the moment. A writer is used by one thread
 * at a time: the lock is that right of use, and is held while bytes are written.
 */
final class Transfer {

  private final ReentrantLock lock = new ReentrantLock();
  private final Supplier<BlobWriter> writers;

  /** There is one whenever there is an owner. */
  private @Nullable BlobWriter writer;

  private @Nullable BlobUpload owner;
  private boolean over;

  /**
   * When the last owner left; null while there is one. Read without the lock to find the oldest.
   */
  private volatile @Nullable Instant suspendedAt;

  private volatile long written;

  /**
   * @param writers begins to write the blob, from its start
   */
  Transfer(Supplier<BlobWriter> writers, BlobUpload owner) {
    this.writers = writers;
    this.writer = writers.get();
    this.owner = owner;
  }

  long written() {
    return written;
  }

  Optional<Instant> suspendedAt() {
    return Optional.ofNullable(suspendedAt);
  }

  /**
   * Gives the transfer to another call, once what the present owner is just writing is written. Its
   * client has most likely lost that connection.
   *
   * @param now since when it is nobody's, if it has to begin anew and there is no room for that
   * @return whether there is still something to take over
   */
  boolean takeOver(BlobUpload taker, long offset, Instant now) {
    lock.lock();
    try {
      if (over) {
        return false;
      }
      if (offset != 0 && offset != written) {
        throw new InvalidRequest(
            "write_offset", "is %d, but this upload goes on at %d".formatted(offset, written));
      }
      if (offset != written) {
        rewind();
      }
      if (writer == null) {
        owner = null;
        suspendedAt = now;
        writer = writers.get();
      }
      owner = taker;
      suspendedAt = null;
      return true;
    } finally {
      lock.unlock();
    }
  }

  void append(BlobUpload by, Iterable<ByteBuffer> parts) {
    lock.lock();
    try {
      BlobWriter owned = writerOf(by);
      for (ByteBuffer part : parts) {
        owned.write(part);
        written = owned.written();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Makes the blob visible and ends the transfer. */
  void finish(BlobUpload by) {
    lock.lock();
    try {
      writerOf(by).commit();
      end();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Leaves the transfer for a later call to take over; returns whether it was the caller's. One
   * that has taken nothing yet keeps no room either.
   */
  boolean suspend(BlobUpload by, Instant now) {
    lock.lock();
    try {
      if (over || owner != by) {
        return false;
      }
      if (written == 0) {
        rewind();
      }
      owner = null;
      suspendedAt = now;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #suspend}, but gives up what was written, for a call that begins again. */
  boolean suspendAtStart(BlobUpload by, Instant now) {
    lock.lock();
    try {
      if (!suspend(by, now)) {
        return false;
      }
      rewind();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives up what was written, if the transfer is the caller's; null stands for nobody's. */
  boolean discard(@Nullable BlobUpload by) {
    lock.lock();
    try {
      if (over || owner != by) {
        return false;
      }
      end();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives up the transfer to make room for another, if it is nobody's and has some. */
  boolean yieldRoom() {
    // Whoever holds the lock is about to go on with it, or gives it up as well.
    if (!lock.tryLock()) {
      return false;
    }
    try {
      return writer != null && discard(null);
    } finally {
      lock.unlock();
    }
  }

  private void rewind() {
    written = 0;
    closeWriter();
  }

  private void end() {
    over = true;
    owner = null;
    suspendedAt = null;
    closeWriter();
  }

  private void closeWriter() {
    BlobWriter closing = writer;
    writer = null;
    if (closing != null) {
      closing.close();
    }
  }

  private BlobWriter writerOf(BlobUpload by) {
    BlobWriter owned = writer;
    if (over || owner != by || owned == null) {
      throw new Failure.Unavailable("another call goes on with this upload", /* cause= */ null);
    }
    return owned;
  }
}
