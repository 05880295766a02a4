package dev.millrace.cas.s3;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory that all transfers to and from the object store share, in blocks of a MiB. Who has one
 * block can always go on with it, so that nobody waits for more while holding some.
 */
public final class TransferMemory {

  private final Semaphore blocks;
  private final Duration patience;

  /**
   * @param blocks how many MiB there are
   * @param patience how long someone waits for a first one
   */
  public TransferMemory(int blocks, Duration patience) {
    if (blocks < 1) {
      throw new IllegalArgumentException("transfer memory: at least 1 MiB, not " + blocks);
    }
    this.blocks = new Semaphore(blocks, /* fair= */ true);
    this.patience = patience;
  }

  /**
   * Waits for a block.
   *
   * @throws Failure.Exhausted if there is none within the patience
   */
  void takeFirst() {
    try {
      if (!blocks.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new Failure.Exhausted("too many large blobs are being transferred");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("interrupted while waiting for memory", e);
    }
  }

  /** Another block, if there is one nobody waits for. */
  boolean tryTake() {
    return !blocks.hasQueuedThreads() && blocks.tryAcquire();
  }

  void giveBack(int taken) {
    blocks.release(taken);
  }

  int free() {
    return blocks.availablePermits();
  }
}
