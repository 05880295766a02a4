package dev.millrace.cas.api;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.DigestFunction;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.testing.BlobStoreContract;
import org.junit.jupiter.api.AfterEach;

/** The client that other services have, against the service itself. */
@OnEveryBackend
final class RemoteBlobStoreContractTest extends BlobStoreContract {

  private final Cas cas;
  private final BlobStore store;

  RemoteBlobStoreContractTest(BackendKind kind) {
    cas = new Cas(kind.make());
    store = new RemoteBlobStore(cas.channel);
  }

  @Override
  protected BlobStore store() {
    return store;
  }

  @Override
  protected boolean serves(DigestFunction function) {
    return DigestFunctionPolicy.DEFAULT.enabled().contains(function);
  }

  @AfterEach
  void closeTheService() throws InterruptedException {
    cas.close();
  }
}
