package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import dev.millrace.testing.TestS3Server;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of blobs while PostgreSQL is restarted under load. */
final class DatabaseRestartTest {

  private static final InstanceName INSTANCE = new InstanceName("team");

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Map<Digest, ByteString> acknowledged = new ConcurrentHashMap<>();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicBoolean over = new AtomicBoolean();

  @Test
  void noAcknowledgedBlobIsLostAndNoneIsSaidToBeAbsent(@TempDir Path directory) throws Exception {
    EmbeddedPostgres server = server(directory, 0);
    int port = server.getPort();
    try (S3ObjectStore objects = new S3ObjectStore(ObjectStorage.settings(TestS3Server.create()));
        HikariDataSource pool = new HikariDataSource()) {
      pool.setJdbcUrl(server.getJdbcUrl("postgres", "postgres"));
      pool.setConnectionTimeout(1000);
      BlobStore store = new VerifyingBlobStore(new ObjectStorage(pool).replica(objects).store());
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          clients.add(threads.submit(() -> writeAndRead(store)));
        }
        try {
          await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged.size() > 20);
          server.close();
          await().atMost(Duration.ofSeconds(60)).until(() -> refused.get() > 5);
          server = server(directory, port);
          int before = acknowledged.size();
          await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged.size() > before + 20);
        } finally {
          over.set(true);
        }
        for (Future<?> client : clients) {
          client.get();
        }
      }
      assertThat(store.findMissing(INSTANCE, acknowledged.keySet())).isEmpty();
      acknowledged.forEach((digest, blob) ->
          assertThat(Blobs.read(store, INSTANCE, digest, 1_000_000)).isEqualTo(blob));
    } finally {
      server.close();
    }
  }

  private static EmbeddedPostgres server(Path directory, int port) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder().setDataDirectory(directory).setCleanDataDirectory(false);
    return (port == 0 ? builder : builder.setPort(port)).start();
  }

  private void writeAndRead(BlobStore store) {
    for (int i = 0; !over.get(); i++) {
      ByteString blob = next(i % 2 == 0 ? 1000 : 50_000);
      Digest digest = DigestFunction.SHA256.digestOf(blob.toByteArray());
      try {
        Blobs.write(store, INSTANCE, digest, blob);
        acknowledged.put(digest, blob);
        assertThat(store.findMissing(INSTANCE, Set.of(digest))).isEmpty();
        assertThat(Blobs.read(store, INSTANCE, digest, 1_000_000)).isEqualTo(blob);
      } catch (Failure.Unavailable e) {
        refused.incrementAndGet();
      }
    }
  }

  private synchronized ByteString next(int size) {
    return random.next(size);
  }
}
