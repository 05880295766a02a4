package dev.millrace.cas.api;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.remote.RemoteBlobStore;
import dev.millrace.digest.DigestFunction;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.testing.BlobStoreContract;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** The service as other services use it: everything that a store promises holds across the wire. */
final class CasContractTest extends BlobStoreContract {

  private final Cas cas =
      new Cas(
          new DigestFunctionPolicy(List.of(DigestFunction.values())), 3968 * 1024, store -> store);
  private final BlobStore remote = new RemoteBlobStore(cas.channel);

  @Override
  protected BlobStore store() {
    return remote;
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }
}
