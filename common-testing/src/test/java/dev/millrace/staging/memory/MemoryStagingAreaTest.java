package dev.millrace.staging.memory;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.StagingAreaContract;

/** Uploads on the heap, verified: the shape in which other modules' tests use them. */
final class MemoryStagingAreaTest extends StagingAreaContract {

  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore memory = new MemoryBlobStore();
  private final BlobStore store = new VerifyingBlobStore(memory);
  private final StagingArea area = new VerifyingStagingArea(new MemoryStagingArea(memory, clock));

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
