package dev.millrace.cas.disk;

/** The same with blocks so small that blobs roll them over, or need one of their own. */
final class TinyDiskBlobStoreContractTest extends DiskBlobStoreContractTest {

  @Override
  protected DiskProperties properties() {
    return DiskProperties.of(directory, 24 << 20)
        .withBlockBytes(512 << 10)
        .withIndexEntries(1 << 10)
        .withCheckpointBytes(1 << 20);
  }
}
