package dev.millrace.cas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.upload.BlobUpload;
import dev.millrace.cas.upload.ResumableUploads;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.testing.RandomBlobs;
import dev.millrace.testing.TestDatabase;
import dev.millrace.testing.TestS3Server;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The service as a process, on either storage. */
final class CasObjectStorageTest {

  @TempDir Path caches;
  private final RandomBlobs random = RandomBlobs.seeded();
  private final TestS3Server.Bucket bucket = TestS3Server.create();
  private final String database = TestDatabase.createUrl();

  @Test
  void twoReplicasOnOneDatabaseAndBucketHaveTheSameBlobs() {
    ByteString small = random.next(100);
    ByteString large = random.next(5_000_000);
    try (ConfigurableApplicationContext first = start(database, bucket);
        ConfigurableApplicationContext second = start(database, bucket)) {
      for (ByteString blob : List.of(small, large)) {
        Digest digest =
            Blobs.write(
                first.getBean(BlobStore.class), InstanceName.ROOT, DigestFunction.SHA256, blob);
        assertThat(
                Blobs.read(second.getBean(BlobStore.class), InstanceName.ROOT, digest, 5_000_000))
            .isEqualTo(blob);
      }
    }
  }

  @Test
  void aBucketOfAnotherDatabaseIsRefused() {
    start(database, bucket).close();
    String another = TestDatabase.createUrl();
    assertThatThrownBy(() -> start(another, bucket).close())
        .rootCause()
        .hasMessageContaining("belongs to the index");
  }

  @Test
  void anotherBucketThanBeforeIsRefused() {
    start(database, bucket).close();
    assertThatThrownBy(() -> start(database, TestS3Server.create()).close())
        .rootCause()
        .hasMessageContaining("belongs to the index of nobody");
  }

  @Test
  void localDiskNeedsNoDatabase(@TempDir Path directory) {
    try (ConfigurableApplicationContext context =
        start(
            "--millrace.cas.storage=disk",
            "--spring.datasource.url=jdbc:postgresql://127.0.0.1:1/none",
            "--millrace.cas.disk.directory=" + directory)) {
      assertThat(directory).isNotEmptyDirectory();
      assertThat(context.getBeanFactory().containsSingleton("casDatabase")).isFalse();
    }
  }

  @Test
  void anUploadBegunOnOneReplicaIsFinishedOnTheOther() {
    ByteString blob = random.next(5_000_000);
    Digest digest = DigestFunction.SHA256.digestOf(blob.toByteArray());
    ResourceName.Upload name =
        new ResourceName.Upload(InstanceName.ROOT, UUID.randomUUID(), Compressor.IDENTITY, digest);
    try (ConfigurableApplicationContext first = start(database, bucket);
        ConfigurableApplicationContext second = start(database, bucket)) {
      ResumableUploads here = first.getBean(ResumableUploads.class);
      ResumableUploads there = second.getBean(ResumableUploads.class);
      try (BlobUpload upload = here.open(name, 0)) {
        upload.append(blob.substring(0, 3_000_000).asReadOnlyByteBufferList());
        upload.suspend();
      }
      assertThat(here.written(name)).hasValue(3_000_000);
      assertThat(there.written(name)).hasValue(3_000_000);
      try (BlobUpload upload = there.open(name, 3_000_000)) {
        upload.append(blob.substring(3_000_000).asReadOnlyByteBufferList());
        upload.finish();
      }
      assertThat(Blobs.read(first.getBean(BlobStore.class), InstanceName.ROOT, digest, 5_000_000))
          .isEqualTo(blob);
    }
  }

  private ConfigurableApplicationContext start(String database, TestS3Server.Bucket bucket) {
    return start(
        "--millrace.cas.storage=s3",
        "--spring.datasource.url=" + database,
        "--spring.datasource.username=postgres",
        "--spring.datasource.hikari.maximum-pool-size=4",
        "--millrace.cas.index.max-concurrent-queries=4",
        "--millrace.cas.s3.endpoint=" + bucket.endpoint(),
        "--millrace.cas.s3.path-style=true",
        "--millrace.cas.s3.bucket=" + bucket.name(),
        "--millrace.cas.s3.piece-size=2MB",
        "--millrace.cas.cache.directory=" + caches.resolve(UUID.randomUUID().toString()),
        "--millrace.cas.cache.capacity=256MB",
        "--millrace.cas.s3.access-key=" + TestS3Server.ACCESS_KEY,
        "--millrace.cas.s3.secret-key=" + TestS3Server.SECRET_KEY);
  }

  private static ConfigurableApplicationContext start(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--spring.grpc.server.port=0");
    all.add("--server.port=0");
    all.add("--spring.main.banner-mode=off");
    return new SpringApplicationBuilder(CasApplication.class).run(all.toArray(String[]::new));
  }
}
