package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.testing.BlobStoreContract;
import dev.millrace.testing.TestS3Server;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;

/** Blobs on a real S3 server and a real PostgreSQL. */
final class ObjectBlobStoreContractTest extends BlobStoreContract {

  private static final S3ObjectStore OBJECTS =
      new S3ObjectStore(ObjectStorage.settings(TestS3Server.create()));
  private static final ObjectStorage STORAGE = new ObjectStorage();

  private final TransferMemory memory = new TransferMemory(4, Duration.ofSeconds(20));
  private final BlobStore store = new VerifyingBlobStore(STORAGE.replica(OBJECTS, memory).store());

  @Override
  protected BlobStore store() {
    return store;
  }

  @AfterEach
  void allMemoryIsGivenBack() {
    assertThat(memory.free()).isEqualTo(4);
  }

  @AfterAll
  static void close() {
    OBJECTS.close();
  }
}
