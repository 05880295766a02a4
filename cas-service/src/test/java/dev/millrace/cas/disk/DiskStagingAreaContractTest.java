package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.StagingAreaContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Uploads on disk as services use them: verified, and of the usual proportions. */
class DiskStagingAreaContractTest extends StagingAreaContract {

  private final ManualClock clock = ManualClock.standing();
  @TempDir Path directory;
  private int runs;
  private DiskBlobStore disk;
  private DiskStagingArea staged;
  private BlobStore store;
  private StagingArea area;

  protected DiskProperties properties(Path where) {
    return DiskProperties.of(where, 4L << 30).withIndexEntries(1 << 12);
  }

  @BeforeEach
  void open() {
    disk = DiskBlobStore.open(properties(directory.resolve("run-" + runs)));
    staged = DiskStagingArea.open(disk, clock);
    store = new VerifyingBlobStore(disk);
    area = new VerifyingStagingArea(staged);
  }

  @AfterEach
  void close() {
    staged.close();
    disk.close();
  }

  @Override
  protected boolean isDurable() {
    return true;
  }

  /** Goes on in a copy of the directory, taken while everything is open. */
  @Override
  protected void reopen() throws IOException {
    Path last = directory.resolve("run-" + runs);
    runs++;
    Path next = directory.resolve("run-" + runs);
    try (Stream<Path> files = Files.walk(last)) {
      for (Path file : files.toList()) {
        Files.copy(file, next.resolve(last.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    close();
    open();
  }

  @Override
  protected StagingArea area() {
    return area;
  }

  @Override
  protected BlobStore store() {
    return store;
  }

  @Override
  protected ManualClock clock() {
    return clock;
  }
}
