package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.cas.s3.ObjectStorage.Replica;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What happens to blobs that cannot be read as they were written. */
final class QuarantineTest {

  private static final InstanceName TEAM = new InstanceName("team");
  private static final ObjectStorage STORAGE = new ObjectStorage();

  private final RandomBlobs random = RandomBlobs.seeded();
  private final WatchedObjects objects = new WatchedObjects();
  private final Replica replica = STORAGE.replica(objects);

  @Test
  void whereEverythingReadsWrongTheBlobsStay() {
    List<Digest> blobs = Stream.generate(() -> write(random.next(50_000))).limit(8).toList();
    objects.onTheWay = QuarantineTest::flipped;
    int setAside = ObjectStorage.QUARANTINES_PER_MINUTE;
    for (Digest blob : blobs.subList(0, setAside)) {
      assertThatThrownBy(() -> read(blob)).isInstanceOf(Failure.Corrupt.class);
    }
    for (Digest blob : blobs.subList(setAside, 8)) {
      assertThatThrownBy(() -> read(blob)).isInstanceOf(Failure.Unavailable.class);
    }
    assertThat(missing(blobs)).hasSize(setAside);
    STORAGE.clock.advance(Duration.ofMinutes(1));
    Digest next = blobs.get(setAside);
    assertThatThrownBy(() -> read(next)).isInstanceOf(Failure.Corrupt.class);
    assertThat(missing(blobs)).hasSize(setAside + 1);
    objects.onTheWay = bytes -> bytes;
    for (Digest blob : blobs.subList(setAside + 1, 8)) {
      assertThat(DigestFunction.SHA256.digestOf(read(blob))).isEqualTo(blob);
    }
  }

  @Test
  void whatReadsWrongInAnotherWayEachTimeStays() {
    Digest blob = write(random.next(50_000));
    AtomicInteger readings = new AtomicInteger();
    objects.onTheWay =
        bytes -> {
          byte[] wrong = bytes.clone();
          wrong[readings.incrementAndGet()] ^= 1;
          return wrong;
        };
    assertThatThrownBy(() -> read(blob)).isInstanceOf(Failure.Unavailable.class);
    assertThat(readings).hasValueGreaterThan(1);
    assertThat(missing(List.of(blob))).isEmpty();
  }

  @Test
  void whatReadsRightTheSecondTimeIsRead() {
    Digest blob = write(random.next(50_000));
    AtomicInteger readings = new AtomicInteger();
    objects.onTheWay = bytes -> readings.getAndIncrement() == 0 ? flipped(bytes) : bytes;
    assertThat(DigestFunction.SHA256.digestOf(read(blob))).isEqualTo(blob);
    assertThat(readings).hasValue(2);
  }

  @Test
  void aDamagedRowIsOneBlobsTroubleAndWrittenAnew() {
    List<Digest> blobs = new ArrayList<>();
    List<ByteString> contents = new ArrayList<>();
    for (int size : new int[] {100, 101, 50_000}) {
      contents.add(random.next(size));
      blobs.add(write(contents.getLast()));
    }
    damage(blobs.get(0), "content = 'damaged'");
    damage(blobs.get(2), "checksums = ''");
    for (int damaged = 2; damaged > 0; damaged--) {
      assertThatThrownBy(() -> replica.store().readAll(TEAM, Set.copyOf(blobs)))
          .isInstanceOf(Failure.Corrupt.class);
    }
    assertThat(missing(blobs)).containsExactlyInAnyOrder(blobs.get(0), blobs.get(2));
    assertThat(replica.store().readAll(TEAM, Set.copyOf(blobs))).containsOnlyKeys(blobs.get(1));
    contents.forEach(this::write);
    assertThat(replica.store().readAll(TEAM, Set.copyOf(blobs))).hasSize(3);
  }

  private static void damage(Digest digest, String how) {
    int changed =
        JdbcClient.create(STORAGE.dataSource)
            .sql(
                "update cas.bodies c set "
                    + how
                    + " from cas.blobs b where b.key = c.key and b.hash = ?")
            .param(digest.hashBytes())
            .update();
    assertThat(changed).isEqualTo(1);
  }

  private static byte[] flipped(byte[] bytes) {
    byte[] wrong = bytes.clone();
    wrong[wrong.length / 2] ^= 1;
    return wrong;
  }

  private Set<Digest> missing(List<Digest> blobs) {
    return replica.store().findMissing(TEAM, Set.copyOf(blobs));
  }

  private byte[] read(Digest digest) {
    ByteBuffer whole = ByteBuffer.allocate((int) digest.sizeBytes());
    try (BlobReader reader = replica.store().open(TEAM, digest)) {
      reader.read(0, whole);
    }
    return whole.array();
  }

  private Digest write(ByteString blob) {
    Digest digest = DigestFunction.SHA256.digestOf(blob.toByteArray());
    try (BlobWriter writer = replica.store().create(TEAM, digest)) {
      writer.write(blob.asReadOnlyByteBuffer());
      writer.commit();
    }
    return digest;
  }
}
