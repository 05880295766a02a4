package dev.millrace.cas.disk;

import java.nio.file.Path;

/** The same with blocks so small that all but the smallest uploads become one. */
final class TinyDiskStagingAreaContractTest extends DiskStagingAreaContractTest {

  @Override
  protected DiskProperties properties(Path where) {
    return DiskProperties.of(where, 40 << 20)
        .withBlockBytes(100 << 10)
        .withIndexEntries(1 << 10)
        .withCheckpointBytes(1 << 20);
  }
}
