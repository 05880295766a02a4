package dev.millrace.cas.disk;

import dev.millrace.resourcename.ResourceName;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;

/** What an upload needs of the store that it becomes a blob of. */
record StagingGround(
    DiskBlobStore store, BlockRing ring, Committer committer, StableStorage stable, Clock clock) {

  /** Smaller blobs are better off side by side in a block than in one each. */
  private static final long LEAST_ADOPTED = 4 * 1024 * 1024;

  /** What is larger takes too much of the heap for how seldom it comes. */
  private static final int MOST_GATHERED = 1024 * 1024;

  /** Bounds the number of files that are open, and of blocks that a checkpoint looks at. */
  private static final long MOST_ADOPTED = 8 * 1024;

  Instant now() {
    return clock.instant();
  }

  /** Returns when the names of uploads' files are on stable storage. */
  void syncNames() throws IOException {
    stable.syncNames(new Directories(store.properties().directory()).staged());
  }

  boolean isStored(ResourceName.Upload name) {
    return store.findMissing(name.instance(), Set.of(name.digest())).isEmpty();
  }

  /** Whether an upload of that size becomes a block as it is. */
  boolean adopts(long size) {
    return size >= leastAdopted();
  }

  private long leastAdopted() {
    DiskProperties properties = store.properties();
    long least = Math.max(LEAST_ADOPTED, properties.capacityBytes() / MOST_ADOPTED);
    return Math.min(least, properties.blockBytes());
  }

  /** Up to which size a blob is not worth a file, which it would only be copied from. */
  int gatheringLimit() {
    return (int) Math.min(MOST_GATHERED, leastAdopted() - 1);
  }
}
