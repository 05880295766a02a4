package dev.millrace.cas.cache;

import dev.millrace.cas.disk.DiskProperties;

/** The same with a cache that drops copies all the time and has no room for some blobs. */
final class TinyCacheContractTest extends CachingBlobStoreContractTest {

  @Override
  protected DiskProperties properties() {
    return DiskProperties.of(directory, 512 << 10)
        .withBlockBytes(64 << 10)
        .withIndexEntries(1 << 6)
        .withSynchronous(false);
  }

  @Override
  protected CacheLimits limits() {
    return new CacheLimits(100, 4 << 20, 64 << 10);
  }
}
