package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cas.s3.FaultyNetwork.Fault;
import dev.millrace.failure.Failure;
import dev.millrace.testing.TestS3Server;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class S3ObjectBucketTest {

  private static final S3Settings.Limits IMPATIENT =
      new S3Settings.Limits(
          Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(3), 2, 8);

  private final TestS3Server.Bucket bucket = TestS3Server.create();
  private final FaultyNetwork network = network();
  private final S3ObjectStore store =
      new S3ObjectStore(ObjectStorage.settings(bucket, network.endpoint(), IMPATIENT));
  private final ObjectBucket objects = store.bucket();

  private FaultyNetwork network() {
    try {
      return new FaultyNetwork(bucket.endpoint());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() throws Exception {
    store.close();
    network.close();
  }

  @Test
  void allObjectsAreListedAndWhatIsNotOursIsLeftOut() throws IOException {
    Set<UUID> written = written(20);
    Files.writeString(bucket.directory().resolve("blobs/readme"), "not ours");
    Files.writeString(bucket.directory().resolve(UUID.randomUUID().toString()), "not ours");
    Instant before = Instant.now().minus(Duration.ofMinutes(1));
    objects.list(page ->
        page.forEach(listed -> {
          assertThat(written.remove(listed.object())).isTrue();
          assertThat(listed.length()).isEqualTo(3);
          assertThat(listed.written()).isAfter(before);
        }));
    assertThat(written).isEmpty();
  }

  @Test
  void manyAreDeletedByOneCallAndSoAreThoseThatAreNotThere() {
    Set<UUID> due = written(30);
    Set<UUID> others = written(3);
    due.add(UUID.randomUUID());
    network.requests().clear();
    assertThat(objects.delete(due)).isEqualTo(due);
    assertThat(network.requests()).hasSize(1);
    assertThat(listed()).isEqualTo(others);
    assertThat(objects.delete(Set.of())).isEmpty();
  }

  @Test
  void aServiceThatKnowsNoSuchCallIsAskedOneByOne() {
    Set<UUID> due = written(5);
    network.apply(request ->
        request.startsWith("POST") ? new Fault.Answer(501, "NotImplemented") : new Fault.None());
    assertThat(objects.delete(due)).isEqualTo(due);
    assertThat(listed()).isEmpty();
  }

  @Test
  void aFaultThatPassesIsNotNoticedAndOneThatStaysIsUnavailable() {
    Set<UUID> due = written(5);
    for (Fault fault :
        List.of(
            new Fault.Answer(503, "SlowDown"),
            new Fault.Answer(500, "InternalError"),
            new Fault.Refuse(),
            new Fault.Stall())) {
      network.apply(_ -> fault);
      assertThatThrownBy(() -> objects.delete(due)).isInstanceOf(Failure.Unavailable.class);
      assertThatThrownBy(() -> objects.list(_ -> {})).isInstanceOf(Failure.Unavailable.class);
    }
    AtomicInteger calls = new AtomicInteger();
    network.apply(
        _ -> calls.incrementAndGet() == 1 ? new Fault.Answer(503, "SlowDown") : new Fault.None());
    assertThat(objects.delete(due)).isEqualTo(due);
    assertThat(listed()).isEmpty();
  }

  private Set<UUID> written(int count) {
    Set<UUID> written = new HashSet<>();
    for (int i = 0; i < count; i++) {
      UUID object = UUID.randomUUID();
      store.put(object, List.of(ByteBuffer.wrap(new byte[] {1, 2, 3})));
      written.add(object);
    }
    return written;
  }

  private Set<UUID> listed() {
    Set<UUID> listed = new HashSet<>();
    objects.list(page -> page.forEach(found -> listed.add(found.object())));
    return listed;
  }
}
