package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.testing.BlobStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The disk's store as services use it: verified, and of the usual proportions. */
class DiskBlobStoreContractTest extends BlobStoreContract {

  @TempDir Path directory;
  private DiskBlobStore disk;
  private BlobStore store;

  protected DiskProperties properties() {
    return DiskProperties.of(directory, 4L << 30);
  }

  @BeforeEach
  void open() {
    disk = DiskBlobStore.open(properties());
    store = new VerifyingBlobStore(disk);
  }

  @AfterEach
  void close() {
    disk.close();
  }

  @Override
  protected BlobStore store() {
    return store;
  }
}
