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
  private BlobWriter writer;
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
   * @return whether there is still something to take over
   */
  boolean takeOver(BlobUpload taker, long offset) {
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
      requireOwner(by);
      for (ByteBuffer part : parts) {
        writer.write(part);
        written = writer.written();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Makes the blob visible and ends the transfer. */
  void finish(BlobUpload by) {
    lock.lock();
    try {
      requireOwner(by);
      writer.commit();
      end();
    } finally {
      lock.unlock();
    }
  }

  /** Leaves the transfer for a later call to take over; returns whether it was the caller's. */
  boolean suspend(BlobUpload by, Instant now) {
    lock.lock();
    try {
      if (over || owner != by) {
        return false;
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

  private void rewind() {
    writer.close();
    writer = writers.get();
    written = 0;
  }

  private void end() {
    over = true;
    owner = null;
    suspendedAt = null;
    writer.close();
  }

  private void requireOwner(BlobUpload by) {
    if (over || owner != by) {
      throw new Failure.Unavailable("another call goes on with this upload", /* cause= */ null);
    }
  }
}
