package dev.millrace.cas.disk;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Has the disk take a long file while more of it arrives, so that little is left to wait for at its
 * end. The system may report a failure here and to nobody else: it is kept for whoever waits then.
 * Used by one thread at a time.
 */
final class EarlySync {

  static final long EVERY_BYTES = 16 * 1024 * 1024;

  private final StableStorage stable;
  private long begunAt;
  private @Nullable Thread running;
  private volatile @Nullable Throwable failure;

  EarlySync(StableStorage stable) {
    this.stable = stable;
  }

  /** So much is in the file by now. */
  void written(BlockFile file, long bytes) {
    if (bytes - begunAt >= EVERY_BYTES && (running == null || !running.isAlive())) {
      begunAt = bytes;
      running = Thread.startVirtualThread(() -> sync(file));
    }
  }

  private void sync(BlockFile file) {
    try {
      stable.sync(file);
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
    }
  }

  /** Returns when all of the file is on stable storage. */
  void finish(BlockFile file) throws IOException {
    awaitRunning();
    Throwable early = failure;
    if (early != null) {
      throw new IOException("the disk has failed to take a part of it", early);
    }
    stable.sync(file);
  }

  private void awaitRunning() {
    boolean interrupted = false;
    while (running != null) {
      try {
        running.join();
        running = null;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
