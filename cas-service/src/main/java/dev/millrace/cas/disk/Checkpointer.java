package dev.millrace.cas.disk;

import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes checkpoints: beside the writers, on a thread of its own, whenever so many bytes were
 * written.
 */
final class Checkpointer {

  private static final Logger log = LoggerFactory.getLogger(Checkpointer.class);

  private final DiskProperties properties;
  private final long storeId;
  private final BlockRing ring;
  private final BlobIndex index;

  private final ReentrantLock taking = new ReentrantLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile long nextAt;
  private boolean due;
  private boolean stopped;
  private final Thread thread;

  Checkpointer(DiskProperties properties, long storeId, BlockRing ring, BlobIndex index) {
    this.properties = properties;
    this.storeId = storeId;
    this.ring = ring;
    this.index = index;
    this.nextAt = properties.checkpointBytes();
    this.thread = Thread.ofPlatform().name("block-store-checkpoint").daemon().unstarted(this::run);
  }

  /**
   * Says that the store is in use, before anything is written to it.
   *
   * @param replayed whether the index has entries that are not durable yet
   */
  void begin(boolean replayed) throws IOException {
    if (replayed) {
      take(/* last= */ false);
    } else {
      BlockRing.Snapshot snapshot = ring.snapshot();
      snapshot.held().forEach(Block::release);
      write(/* clean= */ false, snapshot);
    }
    thread.start();
  }

  /** Wakes the thread if it is time. */
  void appended(long bytes) {
    if (bytes < nextAt) {
      return;
    }
    lock.lock();
    try {
      nextAt = bytes + properties.checkpointBytes();
      due = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (awaitDue()) {
      try {
        take(/* last= */ false);
      } catch (IOException | RuntimeException e) {
        log.warn(
            "No checkpoint could be taken of the block store in {}; a start after a crash takes longer",
            properties.directory(),
            e);
      }
    }
  }

  private boolean awaitDue() {
    lock.lock();
    try {
      while (!due && !stopped) {
        changed.awaitUninterruptibly();
      }
      due = false;
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes all that is in the index durable, then says so.
   *
   * @param last whether the ring gives out nothing more
   */
  void take(boolean last) throws IOException {
    taking.lock();
    try {
      BlockRing.Snapshot snapshot = ring.snapshot();
      try {
        // In a failed block, nothing has been acknowledged since.
        snapshot.held().stream().filter(block -> !block.failed()).forEach(Block::sync);
      } finally {
        snapshot.held().forEach(Block::release);
      }
      index.sync();
      boolean clean = last && snapshot.idle();
      write(clean, snapshot);
    } finally {
      taking.unlock();
    }
  }

  private void write(boolean clean, BlockRing.Snapshot snapshot) throws IOException {
    new Checkpoint(storeId, ring.epoch(), clean, snapshot.nextNumber(), snapshot.blocks())
        .write(new Directories(properties.directory()));
  }

  /** Ends the thread and takes the last checkpoint. */
  void close() throws IOException {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    try {
      take(/* last= */ true);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
