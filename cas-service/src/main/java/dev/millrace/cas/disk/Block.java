package dev.millrace.cas.disk;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file of the ring. Stays readable for those who have acquired it after the ring has dropped it
 * and its name is gone.
 */
final class Block {

  private static final Logger log = LoggerFactory.getLogger(Block.class);

  private final long number;
  private final long salt;
  private final Proof proof;
  private final BlockFile file;
  private final BlockSpace space;

  /** The ring's own reference is the first. */
  private final AtomicInteger references = new AtomicInteger(1);

  private final ReentrantLock syncing = new ReentrantLock();
  private volatile boolean dropped;

  /** Whether something may have been written since it was last synchronised. */
  private volatile boolean dirty = true;

  private volatile boolean failed;

  Block(long number, long salt, Proof proof, BlockFile file, BlockSpace space) {
    this.number = number;
    this.salt = salt;
    this.proof = proof;
    this.file = file;
    this.space = space;
  }

  long number() {
    return number;
  }

  long salt() {
    return salt;
  }

  Proof proof() {
    return proof;
  }

  /** Only under the ring's lock. */
  BlockSpace space() {
    return space;
  }

  /** Keeps the file open until {@link #release}; false if it is closed already. */
  boolean acquire() {
    int count = references.get();
    while (count > 0) {
      if (references.compareAndSet(count, count + 1)) {
        return true;
      }
      count = references.get();
    }
    return false;
  }

  void release() {
    if (references.decrementAndGet() == 0) {
      try {
        file.close();
      } catch (IOException e) {
        log.warn("Block {} could not be closed", number, e);
      }
    }
  }

  /** Takes the file's name away; its bytes go with the last reader. */
  void discard() {
    dropped = true;
    try {
      Files.deleteIfExists(file.path());
    } catch (IOException e) {
      log.warn("Block {} could not be deleted; it will be at the next start", number, e);
    }
    release();
  }

  void markDropped() {
    dropped = true;
  }

  /** Refuses to go on in a block that is no longer part of the ring. */
  void requirePresent() {
    if (dropped) {
      throw new Failure.Unavailable(
          "the block that the blob was being written to has been dropped meanwhile", null);
    }
  }

  int read(long position, ByteBuffer target) {
    try {
      return file.read(position, target);
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  void write(long position, ByteBuffer source) {
    requirePresent();
    try {
      file.write(position, source);
    } catch (IOException e) {
      throw failed("written", e);
    } finally {
      // Not before: who synchronises meanwhile would take the mark for its own work.
      dirty = true;
    }
  }

  /** Whether the disk has failed to take bytes of this block; nothing more should be written. */
  boolean failed() {
    return failed;
  }

  /** Returns when all that was written before is on stable storage. */
  void sync() {
    // One at a time, as the system reports a failure to one of those who ask, and then forgets the
    // bytes that it could not write: the next one would be told that all is well.
    syncing.lock();
    try {
      if (failed) {
        throw new Failure.Unavailable("block " + number + " of the local store has failed", null);
      }
      // A checkpoint asks every block, of which there may be thousands.
      if (dirty) {
        dirty = false;
        file.sync();
      }
    } catch (IOException e) {
      failed = true;
      throw failed("synchronised", e);
    } finally {
      syncing.unlock();
    }
  }

  private Failure failed(String what, IOException cause) {
    return new Failure.Unavailable(
        "block " + number + " of the local store could not be " + what, cause);
  }
}
