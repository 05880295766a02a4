package dev.millrace.blobstore.memory;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.testing.BlobStoreContract;

/** The heap's store, verified: the shape in which other modules' tests use it. */
final class MemoryBlobStoreTest extends BlobStoreContract {

  private final BlobStore store = new VerifyingBlobStore(new MemoryBlobStore());

  @Override
  protected BlobStore store() {
    return store;
  }
}
