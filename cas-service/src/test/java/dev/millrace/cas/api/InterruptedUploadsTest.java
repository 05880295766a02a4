package dev.millrace.cas.api;

import static dev.millrace.cas.api.Cas.await;
import static dev.millrace.cas.api.Cas.digest;
import static dev.millrace.cas.api.Cas.fails;
import static dev.millrace.cas.api.Cas.upload;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import dev.millrace.cas.backend.BackendKind;
import dev.millrace.cas.backend.OnEveryBackend;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.testing.RandomBlobs;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads whose connection, client or server did not last until their end. */
@OnEveryBackend
final class InterruptedUploadsTest {

  private static final int SMALL = 1000;
  private static final int MEDIUM = 500_000;
  private static final int LARGE = 5_000_000;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Cas cas;

  InterruptedUploadsTest(BackendKind kind) {
    cas = new Cas(kind.make());
  }

  @AfterEach
  void close() throws InterruptedException {
    cas.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {SMALL, MEDIUM, LARGE})
  void anInterruptedUploadGoesOnAfterARestart(int size) {
    ByteString blob = random.next(size);
    String name = upload(digest(blob));
    interrupt(name, blob, size / 3);
    cas.restart();
    goesOnAt(name, blob, size / 3);
  }

  @ParameterizedTest
  @ValueSource(ints = {SMALL, MEDIUM, LARGE})
  void anEndOfTheServerInTheMiddleKeepsWhatWasSent(int size) {
    ByteString blob = random.next(size);
    String name = upload(digest(blob));
    begin(name, blob, size / 3);
    cas.restart();
    goesOnAt(name, blob, size / 3);
  }

  @ParameterizedTest
  @ValueSource(ints = {MEDIUM, LARGE})
  void anUploadGoesOnAfterItsServerWasKilled(int size) {
    ByteString blob = random.next(size);
    String name = upload(digest(blob));
    begin(name, blob, size / 3);
    cas.crash();
    int kept = Math.toIntExact(cas.survives(size, size / 3));
    if (kept > 0) {
      goesOnAt(name, blob, kept);
    } else {
      beginsAnew(name, blob);
    }
  }

  /** What finds no room on the heap is where larger ones are. */
  @Test
  void anUploadThatIsStagedGoesOnAfterItsServerWasKilled() {
    cas.restartWithRoom(0);
    anUploadGoesOnAfterItsServerWasKilled(MEDIUM);
  }

  /** What is gathered on the heap goes with it; the client is told to begin anew. */
  @Test
  void aSmallUploadBeginsAnewAfterItsServerWasKilled() {
    ByteString blob = random.next(SMALL);
    String name = upload(digest(blob));
    begin(name, blob, 300);
    cas.crash();
    beginsAnew(name, blob);
  }

  @ParameterizedTest
  @ValueSource(ints = {SMALL, MEDIUM, LARGE})
  void anUploadBegunOnOneReplicaGoesOnOnAnother(int size) throws InterruptedException {
    ByteString blob = random.next(size);
    String name = upload(digest(blob));
    interrupt(name, blob, size / 3);
    try (Cas other = cas.replica()) {
      assertThat(other.query(name)).isEqualTo(cas.query(name));
      assertThat(other.query(name).getCommittedSize()).isEqualTo(size / 3);
      WriteClient write = other.write();
      write.send(name, size / 3, blob.substring(size / 3), true);
      assertThat(write.committed()).isEqualTo(size);
    }
    assertThat(cas.query(name).getComplete()).isTrue();
    assertThat(read(blob)).isEqualTo(blob);
  }

  @Test
  void whatWasAcknowledgedIsThereAfterItsServerWasKilled() {
    List<ByteString> blobs = List.of(random.next(SMALL), random.next(MEDIUM), random.next(LARGE));
    for (ByteString blob : blobs) {
      send(upload(digest(blob)), blob, 0, blob.size());
    }
    cas.crash();
    assertThat(blobs).allSatisfy(blob -> assertThat(read(blob)).isEqualTo(blob));
  }

  @Test
  void anUploadMayBeInterruptedManyTimes() {
    ByteString blob = random.next(LARGE);
    String name = upload(digest(blob));
    interrupt(name, blob, 400_000);
    for (int at = 400_000; at < LARGE - 400_000; at += 400_000) {
      int to = at + 400_000;
      WriteClient write = cas.write();
      write.send(name, at, blob.substring(at, to));
      await(() -> cas.query(name).getCommittedSize() == to);
      write.cancel();
      await(() -> cas.uploads.suspended() == 1);
      if (at % 1_200_000 == 0) {
        cas.restart();
      }
    }
    int at = Math.toIntExact(cas.query(name).getCommittedSize());
    send(name, blob, at, LARGE);
    assertThat(read(blob)).isEqualTo(blob);
  }

  @ParameterizedTest
  @ValueSource(ints = {SMALL, MEDIUM, LARGE})
  void damageToWhatWasKeptNeverBecomesABlob(int size) {
    ByteString blob = random.next(size);
    String name = upload(digest(blob));
    interrupt(name, blob, size / 3);
    cas.damageStaged();
    fails(
        INVALID_ARGUMENT,
        () -> cas.write().send(name, size / 3, blob.substring(size / 3), true).committed());
    assertThat(cas.has(digest(blob))).isFalse();
    fails(NOT_FOUND, () -> cas.query(name));
    send(name, blob, 0, size);
    assertThat(read(blob)).isEqualTo(blob);
  }

  @Test
  void wrongBytesSentBeforeTheInterruptionAreRefusedAtTheEnd() {
    ByteString blob = random.next(MEDIUM);
    String name = upload(digest(blob));
    interrupt(name, random.next(MEDIUM), 1000);
    fails(
        INVALID_ARGUMENT,
        () -> cas.write().send(name, 1000, blob.substring(1000), true).committed());
    assertThat(cas.has(digest(blob))).isFalse();
    fails(NOT_FOUND, () -> cas.query(name));
  }

  @Test
  void anInterruptedUploadIsAnsweredAtOnceIfItsBlobCameAnotherWay() {
    ByteString blob = random.next(MEDIUM);
    String name = upload(digest(blob));
    interrupt(name, blob, 1000);
    cas.put(blob);
    assertThat(cas.query(name).getComplete()).isTrue();
    assertThat(cas.query(name).getCommittedSize()).isEqualTo(MEDIUM);
    assertThat(cas.write().send(name, 1000, blob.substring(1000, 1001)).answered())
        .isEqualTo(MEDIUM);
    assertThat(cas.uploads.suspended()).isZero();
  }

  @Test
  void aHugeOffsetIsRefused() {
    ByteString blob = random.next(MEDIUM);
    String name = upload(digest(blob));
    fails(INVALID_ARGUMENT, () -> cas.write().send(name, Long.MAX_VALUE, blob, true).committed());
    interrupt(name, blob, 1000);
    fails(INVALID_ARGUMENT, () -> cas.write().send(name, Long.MAX_VALUE, blob, true).committed());
    goesOnAt(name, blob, 1000);
  }

  @Test
  void aCompressedUploadStartsAnew() {
    ByteString blob = random.next(MEDIUM);
    Digest digest = digest(blob);
    ByteString compressed = ByteString.copyFrom(Zstd.compress(blob.toByteArray()));
    String name =
        Cas.INSTANCE.prefix() + "uploads/" + UUID.randomUUID() + "/compressed-blobs/zstd/" + digest;
    WriteClient write = cas.write();
    write.send(name, 0, compressed.substring(0, 400_000));
    await(() -> cas.uploads.written(parsed(name)).orElse(0) > 0);
    assertThat(cas.query(name).getCommittedSize()).isZero();
    write.cancel();
    await(() -> cas.uploads.suspended() == 1);
    assertThat(cas.query(name).getCommittedSize()).isZero();
    assertThat(cas.query(name).getComplete()).isFalse();
    assertThat(cas.write().send(name, 0, compressed, true).committed())
        .isEqualTo(compressed.size());
    assertThat(read(blob)).isEqualTo(blob);
  }

  @Test
  void anUploadNobodyContinuesIsGoneAfterADay() {
    ByteString blob = random.next(MEDIUM);
    String name = upload(digest(blob));
    interrupt(name, blob, 1000);
    cas.restart();
    cas.clock.advance(Duration.ofHours(23));
    cas.uploads.removeExpired();
    assertThat(cas.query(name).getCommittedSize()).isEqualTo(1000);
    cas.clock.advance(Duration.ofHours(2));
    cas.uploads.removeExpired();
    fails(NOT_FOUND, () -> cas.query(name));
  }

  @Test
  void aProjectGoesOnWithWhatItsTeamUploadsWithoutSeeingIt() {
    ByteString blob = random.next(MEDIUM);
    String id = UUID.randomUUID().toString();
    String project = Cas.INSTANCE.prefix() + "uploads/" + id + "/blobs/" + digest(blob);
    String team = new InstanceName("team").prefix() + "uploads/" + id + "/blobs/" + digest(blob);
    interrupt(team, blob, 1000);
    fails(NOT_FOUND, () -> cas.query(project));
    send(team, blob, 1000, MEDIUM);
    assertThat(cas.query(project).getComplete()).isTrue();
    assertThat(read(blob)).isEqualTo(blob);
  }

  @Test
  void writersOfOneUploadLeaveAWholeBlobOrNone() throws Exception {
    long seed = System.nanoTime();
    System.out.println("InterruptedUploadsTest seed " + seed);
    ByteString blob = random.next(MEDIUM);
    String name = upload(digest(blob));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        SplittableRandom choices = new SplittableRandom(seed + i);
        writers.add(
            threads.submit(() -> {
              for (int n = 0; n < 10; n++) {
                writeOnce(name, blob, choices);
              }
            }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    }
    if (!cas.has(digest(blob))) {
      send(name, blob, 0, MEDIUM);
    }
    assertThat(read(blob)).isEqualTo(blob);
  }

  private void writeOnce(String name, ByteString blob, SplittableRandom choices) {
    try {
      int at = choices.nextBoolean() ? 0 : Math.toIntExact(cas.query(name).getCommittedSize());
      int to = Math.min(blob.size(), at + choices.nextInt(blob.size() / 3));
      WriteClient write = cas.write().send(name, at, blob.substring(at, to), to == blob.size());
      if (choices.nextInt(3) == 0) {
        write.cancel();
      } else {
        write.committed();
      }
    } catch (StatusRuntimeException overtaken) {
      assertThat(overtaken.getStatus().getCode())
          .as("%s", overtaken.getStatus())
          .isIn(Status.Code.UNAVAILABLE, INVALID_ARGUMENT, NOT_FOUND);
    }
  }

  private void beginsAnew(String name, ByteString blob) {
    fails(NOT_FOUND, () -> cas.query(name));
    fails(
        INVALID_ARGUMENT, () -> cas.write().send(name, 300, blob.substring(300), true).committed());
    send(name, blob, 0, blob.size());
    assertThat(read(blob)).isEqualTo(blob);
  }

  private void goesOnAt(String name, ByteString blob, int at) {
    assertThat(cas.query(name).getCommittedSize()).isEqualTo(at);
    assertThat(cas.query(name).getComplete()).isFalse();
    assertThat(cas.has(digest(blob))).isFalse();
    send(name, blob, at, blob.size());
    assertThat(read(blob)).isEqualTo(blob);
    assertThat(cas.query(name).getComplete()).isTrue();
    assertThat(cas.query(name).getCommittedSize()).isEqualTo(blob.size());
  }

  private void send(String name, ByteString blob, int from, int to) {
    WriteClient write = cas.write();
    for (int at = from; at < to; at += MEDIUM) {
      int end = Math.min(to, at + MEDIUM);
      write.send(at == from ? name : "", at, blob.substring(at, end), end == to);
    }
    assertThat(write.committed()).isEqualTo(to);
  }

  private WriteClient begin(String name, ByteString blob, int to) {
    WriteClient write = cas.write().send(name, 0, blob.substring(0, to));
    await(() -> cas.uploads.written(parsed(name)).orElse(0) == to);
    return write;
  }

  private void interrupt(String name, ByteString blob, int at) {
    begin(name, blob, at).cancel();
    await(() -> cas.uploads.suspended() == 1);
  }

  private ByteString read(ByteString blob) {
    return cas.read(Cas.blob(digest(blob)), 0, 0);
  }

  private static ResourceName.Upload parsed(String name) {
    return (ResourceName.Upload) ResourceName.parse(name);
  }
}
