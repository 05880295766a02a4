package dev.millrace.cas.upload;

import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.staging.StagedBlob;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One upload while calls write it, and which call it belongs to at the moment. What is staged is
 * used by one thread at a time: the lock is that right of use, and is held while bytes are written.
 */
final class Transfer {

  /** Where the bytes of an upload go. */
  interface Place {
    StagedBlob begin();

    /** Goes on at an offset other than 0; empty if this is not where the upload goes on. */
    Optional<StagedBlob> resume(long offset);
  }

  private static final long UNKNOWN = -1;

  private final ReentrantLock lock = new ReentrantLock();
  private final Place place;

  /** There is one whenever there is an owner. */
  private @Nullable StagedBlob staged;

  private @Nullable BlobUpload owner;
  private volatile boolean over;
  private volatile long written = UNKNOWN;

  Transfer(Place place) {
    this.place = place;
  }

  /** Bytes taken so far; empty as long as the transfer is only about to begin. */
  OptionalLong written() {
    long now = written;
    return now == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(now);
  }

  /** Whether nothing can be taken over any more. */
  boolean isOver() {
    return over;
  }

  /**
   * Gives the transfer to a call, once what the present owner is just writing is written. Its
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
      StagedBlob present = staged;
      if (present == null) {
        over = true;
        take(offset == 0 ? place.begin() : resume(offset), taker);
        over = false;
      } else if (offset == present.written()) {
        owner = taker;
      } else if (offset == 0) {
        end();
        take(place.begin(), taker);
        over = false;
      } else {
        throw wrongOffset(offset, present.written());
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private StagedBlob resume(long offset) {
    return place
        .resume(offset)
        .orElseThrow(() ->
            new InvalidRequest(
                "write_offset",
                "is %d, but that is not how much is kept of this upload".formatted(offset)));
  }

  private static InvalidRequest wrongOffset(long offset, long written) {
    return new InvalidRequest(
        "write_offset", "is %d, but this upload goes on at %d".formatted(offset, written));
  }

  private void take(StagedBlob taken, BlobUpload taker) {
    staged = taken;
    written = taken.written();
    owner = taker;
  }

  /** Ends the transfer if it fails: nobody can tell then how much of the parts was taken. */
  void append(BlobUpload by, List<ByteBuffer> parts) {
    lock.lock();
    try {
      StagedBlob owned = ownedBy(by);
      boolean taken = false;
      try {
        owned.write(parts);
        taken = true;
      } finally {
        if (!taken) {
          end();
        }
      }
      written = owned.written();
    } finally {
      lock.unlock();
    }
  }

  /** Makes the blob visible and ends the transfer. */
  void finish(BlobUpload by) {
    lock.lock();
    try {
      ownedBy(by).commit();
      end();
    } finally {
      lock.unlock();
    }
  }

  /** Keeps what was written and ends the transfer; returns whether it was the caller's. */
  boolean suspend(BlobUpload by) {
    lock.lock();
    try {
      return owner == by && suspend();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #suspend(BlobUpload)}, whosever it is. */
  boolean suspend() {
    lock.lock();
    try {
      StagedBlob kept = staged;
      if (kept == null) {
        return false;
      }
      try {
        // Where nothing was taken, nothing needs room.
        if (kept.written() > 0) {
          kept.suspend();
        }
      } finally {
        end();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives up what was written and ends the transfer, if it is the caller's. */
  boolean discard(BlobUpload by) {
    lock.lock();
    try {
      if (owner != by) {
        return false;
      }
      end();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    over = true;
    owner = null;
    StagedBlob closing = staged;
    staged = null;
    if (closing != null) {
      closing.close();
    }
  }

  private StagedBlob ownedBy(BlobUpload by) {
    StagedBlob owned = staged;
    if (owner != by || owned == null) {
      throw new Failure.Unavailable("another call goes on with this upload", /* cause= */ null);
    }
    return owned;
  }
}
