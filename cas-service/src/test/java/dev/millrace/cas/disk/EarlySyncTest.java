package dev.millrace.cas.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlySyncTest {

  private static final long MUCH = EarlySync.EVERY_BYTES;
  private static final int ENOUGH = 1000;

  @TempDir private Path directory;

  private final Disk disk = new Disk();
  private final EarlySync early = new EarlySync(disk);
  private BlockFile file;

  @BeforeEach
  void create() throws IOException {
    file = BlockFile.create(directory.resolve("file"));
    file.write(0, ByteBuffer.allocate(1000));
  }

  @AfterEach
  void close() throws IOException {
    file.close();
  }

  /** A disk that is as slow as a test wants, and fails once. */
  private static final class Disk implements StableStorage {
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile boolean fails;
    private final Semaphore pace = new Semaphore(ENOUGH);

    @Override
    public void sync(BlockFile file) throws IOException {
      begun.incrementAndGet();
      pace.acquireUninterruptibly();
      file.sync();
      if (fails) {
        fails = false;
        throw new IOException("the test says so");
      }
      done.incrementAndGet();
    }

    @Override
    public void syncNames(Path directory) {}
  }

  @Test
  void littleIsSyncedAtItsEndOnly() throws IOException {
    early.written(file, MUCH - 1);
    assertThat(disk.begun).hasValue(0);
    early.finish(file);
    assertThat(disk.done).hasValue(1);
  }

  @Test
  void muchIsBegunWithBeforeItsEndAndFinishedThen() throws IOException {
    early.written(file, MUCH);
    early.finish(file);
    assertThat(disk.done).hasValue(2);
  }

  @Test
  void nothingIsBegunWhileTheDiskIsAtItAndTheEndWaits() throws Exception {
    disk.pace.drainPermits();
    early.written(file, MUCH);
    early.written(file, 2 * MUCH);
    early.written(file, 3 * MUCH);
    Thread end =
        Thread.startVirtualThread(() -> {
          try {
            early.finish(file);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    disk.pace.release(ENOUGH);
    end.join();
    assertThat(disk.begun).hasValue(2);
    assertThat(disk.done).hasValue(2);
  }

  @Test
  void aFailureThatNobodyWaitedForIsTold() {
    disk.fails = true;
    early.written(file, MUCH);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> early.finish(file))
          .isInstanceOf(IOException.class)
          .hasRootCauseMessage("the test says so");
    }
    assertThat(disk.done).as("a later success would be no proof").hasValue(0);
  }

  @Test
  void anInterruptionIsKeptForLater() throws IOException {
    disk.pace.drainPermits();
    early.written(file, MUCH);
    Thread.startVirtualThread(() -> disk.pace.release(ENOUGH));
    Thread.currentThread().interrupt();
    try {
      early.finish(file);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(disk.done).hasValue(2);
  }
}
