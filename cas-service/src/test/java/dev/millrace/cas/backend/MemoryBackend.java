package dev.millrace.cas.backend;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.memory.MemoryStagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import dev.millrace.testing.ManualClock;
import org.junit.jupiter.api.Assumptions;

/** Blobs on the heap. The heap stands for a machine that goes on while services come and go. */
public final class MemoryBackend implements Backend {

  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore memory = new MemoryBlobStore();
  private final BlobStore store = new VerifyingBlobStore(memory);
  private final StagingArea staging =
      new VerifyingStagingArea(new MemoryStagingArea(memory, clock));

  @Override
  public BlobStore store() {
    return store;
  }

  @Override
  public StagingArea staging() {
    return staging;
  }

  @Override
  public ManualClock clock() {
    return clock;
  }

  @Override
  public void restart() {}

  @Override
  public void crash() {
    Assumptions.abort("the heap ends with its process");
  }

  @Override
  public void damageStaged() {
    Assumptions.abort("nobody but its owner reaches the heap");
  }

  @Override
  public Backend replica() {
    return Assumptions.abort("the heap is one process's");
  }

  @Override
  public void outlive(Runnable use) {
    Assumptions.abort("the heap keeps everything");
  }

  @Override
  public void drop(InstanceName instance, Digest digest) {
    memory.drop(instance, digest);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "memory";
  }
}
