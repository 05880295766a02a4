package dev.millrace.cas.cache;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One blob on its way from the delegate to the local disk, for all who read it meanwhile. It has no
 * thread: the reader who needs bytes that are not there yet fetches the next few, from the source
 * that one of the readers has lent, while others read what is on the disk already. So nobody waits
 * for a slow reader, and one that goes away or whose source fails is followed by the next.
 */
final class Fetch {

  private static final int STEP_BYTES = 1024 * 1024;

  private enum State {
    FILLING,
    WHOLE,
    /** The local disk does not take it. */
    LOST,
    /** The delegate's bytes are not what the digest says. */
    WRONG
  }

  /** What became of the wish to read along. */
  enum Joining {
    JOINED,
    TOO_FAR,
    ENDED
  }

  private final BlobKey blob;
  private final LocalCopies copies;
  private final long nearBytes;
  private final Consumer<Fetch> onEnd;
  private final Chunks chunks;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private State state = State.FILLING;
  private int members;
  private boolean ended;
  private long filled;

  /** Whether a member is fetching; it alone uses the source and appends to the copy. */
  private boolean driven;

  private @Nullable GrowingCopy copy;
  private @Nullable CachingReader lender;
  private @Nullable BlobReader source;

  /** Whether the source's lender has left it behind, so that it is ours to close. */
  private boolean inherited;

  /**
   * @param onEnd is told once nobody can join any more
   */
  Fetch(BlobKey blob, LocalCopies copies, long nearBytes, Consumer<Fetch> onEnd) {
    this.blob = blob;
    this.copies = copies;
    this.nearBytes = nearBytes;
    this.onEnd = onEnd;
    this.chunks = new Chunks(blob.digest().sizeBytes());
  }

  BlobKey blob() {
    return blob;
  }

  /** Lets a reader read along that begins at a position; each who joined leaves exactly once. */
  Joining join(long position) {
    lock.lock();
    try {
      if (ended) {
        return Joining.ENDED;
      }
      if (position - filled > nearBytes) {
        return Joining.TOO_FAR;
      }
      members++;
      return Joining.JOINED;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Comes nearer to having read what lies from {@code position} on: puts some of it into {@code
   * target}, or fetches what is before it.
   *
   * @return false if the reader has to go another way
   * @throws Failure what the reader's own source failed with
   */
  boolean read(CachingReader reader, long position, ByteBuffer target) {
    long readable;
    GrowingCopy readFrom;
    lock.lock();
    try {
      while (state == State.FILLING && position >= filled && driven) {
        moved.awaitUninterruptibly();
      }
      if (state == State.WRONG) {
        throw wrong();
      }
      if (position >= filled && (state != State.FILLING || position - filled > nearBytes)) {
        return false;
      }
      readable = filled - position;
      readFrom = copy;
      driven |= readable <= 0;
    } finally {
      lock.unlock();
    }
    if (readable <= 0 || readFrom == null) {
      return drive(reader, position, target);
    }
    return readBack(readFrom, position, (int) Math.min(readable, target.remaining()), target);
  }

  private boolean readBack(GrowingCopy from, long position, int length, ByteBuffer target) {
    ByteBuffer window = target.slice(target.position(), length);
    try {
      from.read(position, window);
    } catch (RuntimeException failure) {
      copies.failed(blob, failure);
      return false;
    }
    target.position(target.position() + length);
    return true;
  }

  /** Fetches the next few chunks, as the only one who does. */
  private boolean drive(CachingReader reader, long position, ByteBuffer target) {
    State next = State.LOST;
    int fetched = 0;
    try {
      GrowingCopy growing = begun();
      if (growing == null) {
        return false;
      }
      int whole =
          position == filled ? chunks.whole(filled, Math.min(target.remaining(), STEP_BYTES)) : 0;
      ByteBuffer bytes =
          whole > 0
              ? target.slice(target.position(), whole)
              : ByteBuffer.allocate(chunks.length(filled / Chunks.BYTES));
      next = State.FILLING;
      try {
        CachingReader.readFully(source(reader), filled, bytes);
      } catch (RuntimeException failure) {
        if (giveUpSource(reader)) {
          throw failure;
        }
        // The source was another's; this reader's own is next.
        return true;
      }
      next = append(growing, bytes.flip());
      if (next == State.WRONG) {
        throw wrong();
      }
      if (next != State.LOST) {
        fetched = bytes.limit();
      }
      target.position(target.position() + whole);
      return next != State.LOST || whole > 0;
    } finally {
      moved(next, fetched);
    }
  }

  private @Nullable GrowingCopy begun() {
    if (copy == null) {
      copy = copies.begin(blob).orElse(null);
    }
    return copy;
  }

  private BlobReader source(CachingReader reader) {
    lock.lock();
    try {
      BlobReader current = source;
      if (current == null) {
        current = reader.source();
        source = current;
        lender = reader;
      }
      return current;
    } finally {
      lock.unlock();
    }
  }

  /** Goes on without the source; true if it was this reader's. */
  private boolean giveUpSource(CachingReader reader) {
    BlobReader left;
    boolean own;
    lock.lock();
    try {
      own = lender == reader;
      left = forgetSource();
    } finally {
      lock.unlock();
    }
    close(left);
    return own;
  }

  /** The source if it is ours to close. */
  private @Nullable BlobReader forgetSource() {
    BlobReader left = inherited ? source : null;
    source = null;
    lender = null;
    inherited = false;
    return left;
  }

  private State append(GrowingCopy growing, ByteBuffer bytes) {
    boolean last = filled + bytes.limit() == chunks.blobBytes();
    try {
      growing.write(bytes);
      if (!last) {
        return State.FILLING;
      }
      growing.commit();
      copies.worked();
      return State.WHOLE;
    } catch (Failure.ContentMismatch mismatch) {
      return State.WRONG;
    } catch (RuntimeException failure) {
      copies.failed(blob, failure);
      return State.LOST;
    }
  }

  private Failure wrong() {
    return new Failure.Corrupt(
        "blob %s was read, but its bytes have another hash".formatted(blob.digest()), null);
  }

  private void moved(State next, int fetched) {
    BlobReader left = null;
    lock.lock();
    try {
      driven = false;
      filled += fetched;
      state = next;
      if (next != State.FILLING) {
        ended = true;
        left = forgetSource();
      }
      moved.signalAll();
    } finally {
      lock.unlock();
    }
    close(left);
    if (next != State.FILLING) {
      onEnd.accept(this);
    }
  }

  /** Lets a reader go who needs its source for itself. */
  void withdraw(CachingReader reader) {
    lock.lock();
    try {
      while (lender == reader && driven) {
        moved.awaitUninterruptibly();
      }
      if (lender == reader) {
        forgetSource();
      }
    } finally {
      lock.unlock();
    }
    leave(reader);
  }

  /** Lets a reader go; true if its source stays here, which is then closed here. */
  boolean leave(CachingReader reader) {
    GrowingCopy unused = null;
    BlobReader left = null;
    boolean last;
    lock.lock();
    try {
      members--;
      last = members == 0;
      if (!last && lender == reader) {
        lender = null;
        inherited = true;
        return true;
      }
      if (last) {
        ended = true;
        unused = copy;
        left = forgetSource();
      }
    } finally {
      lock.unlock();
    }
    if (last) {
      onEnd.accept(this);
    }
    if (unused != null) {
      unused.close();
    }
    close(left);
    return false;
  }

  private static void close(@Nullable BlobReader left) {
    if (left != null) {
      left.close();
    }
  }
}
