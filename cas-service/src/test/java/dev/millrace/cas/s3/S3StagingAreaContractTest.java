package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.staging.StagingArea;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.StagingAreaContract;
import dev.millrace.testing.TestS3Server;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Uploads on a real S3 server and a real PostgreSQL; another process is another replica. */
final class S3StagingAreaContractTest extends StagingAreaContract {

  private static final int MEMORY = 16;
  private static final S3ObjectStore OBJECTS =
      new S3ObjectStore(ObjectStorage.settings(TestS3Server.create()));
  private static final ObjectStorage STORAGE = new ObjectStorage();

  private final ManualClock clock = ManualClock.standing();
  private StagingReplica replica = start();
  private boolean killed;

  private StagingReplica start() {
    return StagingReplica.of(
        STORAGE.dataSource, OBJECTS, new TransferMemory(MEMORY, Duration.ofSeconds(20)), clock);
  }

  @Override
  protected StagingArea area() {
    return replica.area();
  }

  @Override
  protected BlobStore store() {
    return replica.store();
  }

  @Override
  protected ManualClock clock() {
    return clock;
  }

  @Override
  protected boolean isDurable() {
    return true;
  }

  @Override
  protected void reopen() {
    replica = start();
    killed = true;
  }

  /** Tests share a database, and a clock that begins at the same time. */
  @BeforeEach
  void forgetWhatOtherTestsLeft() {
    replica.area().discardUntouchedSince(clock.instant().plus(Duration.ofDays(100)));
  }

  @AfterEach
  void allMemoryIsGivenBack() {
    assertThat(replica.memory().free()).isEqualTo(MEMORY);
    assertThat(killed || replica.bare().writing() == 0).isTrue();
  }

  @AfterAll
  static void close() {
    OBJECTS.close();
  }
}
