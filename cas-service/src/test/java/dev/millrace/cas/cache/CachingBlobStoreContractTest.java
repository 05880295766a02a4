package dev.millrace.cas.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.DiskProperties;
import dev.millrace.testing.BlobStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A cache in front of a store in memory, which has room for all blobs of a test. */
class CachingBlobStoreContractTest extends BlobStoreContract {

  @TempDir Path directory;
  private final WatchedBlobStore delegate = new WatchedBlobStore();
  private DiskBlobStore disk;
  private CachingBlobStore caching;
  private BlobStore store;

  protected DiskProperties properties() {
    return DiskProperties.of(directory, 64 << 20)
        .withBlockBytes(4 << 20)
        .withIndexEntries(1 << 10)
        .withSynchronous(false);
  }

  protected CacheLimits limits() {
    return new CacheLimits(1, 8 << 20, 1 << 20);
  }

  @BeforeEach
  void open() {
    disk = DiskBlobStore.open(properties());
    caching = new CachingBlobStore(delegate, disk, limits());
    store = new VerifyingBlobStore(caching);
  }

  @AfterEach
  void close() {
    disk.close();
    assertThat(delegate.openNow).hasValue(0);
    assertThat(caching.fetching()).isZero();
  }

  @Override
  protected BlobStore store() {
    return store;
  }
}
