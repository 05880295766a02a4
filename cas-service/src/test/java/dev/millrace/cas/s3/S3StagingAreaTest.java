package dev.millrace.cas.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.upload.BlobUpload;
import dev.millrace.cas.upload.GatheringRoom;
import dev.millrace.cas.upload.ResumableUploads;
import dev.millrace.cas.upload.UploadPlaces;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.RandomBlobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas on one database and one bucket, pieces of 2 MiB, and memory for four MiB each. */
final class S3StagingAreaTest {

  private static final InstanceName TEAM = new InstanceName("team");
  private static final ObjectStorage STORAGE = new ObjectStorage();
  private static final int MIB = 1 << 20;
  private static final int SIZE = 5 * MIB + 17;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final ByteString blob = random.next(SIZE);
  private final ResourceName.Upload name = name(blob);
  private final ManualClock clock = ManualClock.standing();
  private final WatchedObjects objects = new WatchedObjects();
  private final StagingReplica one = replica();
  private final StagingReplica other = replica();

  private StagingReplica replica() {
    return StagingReplica.of(
        STORAGE.dataSource, objects, new TransferMemory(4, Duration.ofMillis(200)), clock);
  }

  private static ResourceName.Upload name(ByteString blob) {
    return new ResourceName.Upload(
        TEAM,
        UUID.randomUUID(),
        Compressor.IDENTITY,
        DigestFunction.SHA256.digestOf(blob.toByteArray()));
  }

  @BeforeEach
  void forgetWhatOtherTestsLeft() {
    one.area().discardUntouchedSince(clock.instant().plus(Duration.ofDays(100)));
    collect();
  }

  @AfterEach
  void nothingIsLeftBehind() {
    for (StagingReplica replica : List.of(one, other)) {
      assertThat(replica.memory().free()).isEqualTo(4);
      assertThat(replica.bare().writing()).isZero();
    }
  }

  /**
   * Deletes all objects that are to be deleted at some time, and returns how many there are now.
   */
  private int collect() {
    clock.advance(Duration.ofDays(3));
    int gone;
    do {
      gone =
          one.deletions()
              .deleteDue(
                  1000,
                  object -> {
                    objects.delete(object);
                    return true;
                  });
    } while (gone > 0);
    return objects.objects.size();
  }

  private static void write(StagedBlob staged, ByteString blob, int to) {
    for (int at = Math.toIntExact(staged.written()); at < to; at += 100_000) {
      staged.write(blob.substring(at, Math.min(to, at + 100_000)).asReadOnlyByteBuffer());
    }
  }

  private static void finish(StagingReplica replica, ResourceName.Upload name, ByteString blob) {
    try (StagedBlob staged = replica.area().resume(name).orElseThrow()) {
      write(staged, blob, blob.size());
      staged.commit();
    }
  }

  private void assertStored() {
    for (StagingReplica replica : List.of(one, other)) {
      assertThat(Blobs.read(replica.store(), TEAM, name.digest(), SIZE)).isEqualTo(blob);
      assertThat(replica.area().kept(name)).isEmpty();
    }
  }

  @Test
  void anUploadBegunOnOneReplicaIsFinishedOnTheOther() {
    for (int at : new int[] {0, 1, 300_000, MIB, 2 * MIB, 3 * MIB + 1, SIZE}) {
      ByteString content = random.next(SIZE);
      ResourceName.Upload upload = name(content);
      StagingReplica first = at % 2 == 0 ? one : other;
      StagingReplica second = at % 2 == 0 ? other : one;
      try (StagedBlob staged = first.area().begin(upload)) {
        write(staged, content, at);
        staged.suspend();
      }
      assertThat(first.area().kept(upload)).hasValue(at);
      assertThat(second.area().kept(upload)).hasValue(at);
      finish(second, upload, content);
      assertThat(Blobs.read(first.store(), TEAM, upload.digest(), SIZE)).isEqualTo(content);
      assertThat(first.area().kept(upload)).isEmpty();
    }
  }

  @Test
  void anUploadGoesToAndFroBetweenReplicas() {
    one.area().begin(name).suspend();
    for (int at = 0, turn = 0; at < SIZE - 400_000; at += 400_000, turn++) {
      StagingReplica replica = turn % 2 == 0 ? one : other;
      try (StagedBlob staged = replica.area().resume(name).orElseThrow()) {
        assertThat(staged.written()).isEqualTo(at);
        write(staged, blob, at + 400_000);
        staged.suspend();
      }
    }
    finish(one, name, blob);
    assertStored();
  }

  @Test
  void afterAKillAnUploadGoesOnAtTheLastRecordedPiece() {
    StagedBlob killed = one.area().begin(name);
    write(killed, blob, 4 * MIB + 500_000);
    assertThat(other.area().kept(name)).hasValue(4 * MIB);
    try (StagedBlob staged = other.area().resume(name).orElseThrow()) {
      assertThat(staged.written()).isEqualTo(4 * MIB);
      write(staged, blob, SIZE);
      staged.commit();
    }
    killed.close();
    assertStored();
    assertThat(collect()).isEqualTo(3);
    assertStored();
  }

  @Test
  void aWriterWhoseUploadWentToTheOtherReplicaSavesNothingAnyMore() {
    StagedBlob overtaken = one.area().begin(name);
    write(overtaken, blob, 3 * MIB);
    try (StagedBlob taker = other.area().resume(name).orElseThrow()) {
      assertThatThrownBy(() -> write(overtaken, random.next(SIZE), SIZE))
          .isInstanceOf(Failure.Unavailable.class);
      assertThatThrownBy(overtaken::suspend).isInstanceOf(Failure.Unavailable.class);
      overtaken.close();
      write(taker, blob, SIZE);
      taker.commit();
    }
    assertStored();
    assertThat(collect()).isEqualTo(3);
  }

  @Test
  void whoBeginsAgainOnTheOtherReplicaIsNotDisturbed() {
    StagedBlob overtaken = one.area().begin(name);
    write(overtaken, random.next(SIZE), 3 * MIB);
    try (StagedBlob taker = other.area().begin(name)) {
      assertThat(one.area().kept(name)).hasValue(0);
      write(taker, blob, 3 * MIB);
      overtaken.close();
      assertThat(one.area().kept(name)).hasValue(2 * MIB);
      write(taker, blob, SIZE);
      taker.commit();
    }
    assertStored();
  }

  @Test
  void twoUploadsOfOneBlobOnTwoReplicasBothSucceedAndOneIsKept() {
    ResourceName.Upload second = name(blob);
    try (StagedBlob here = one.area().begin(name);
        StagedBlob there = other.area().begin(second)) {
      for (int to = MIB; to < SIZE; to += MIB) {
        write(here, blob, to);
        write(there, blob, to);
      }
      write(here, blob, SIZE);
      write(there, blob, SIZE);
      there.commit();
      here.commit();
    }
    assertStored();
    assertThat(objects.objects).hasSize(6);
    assertThat(collect()).isEqualTo(3);
    assertStored();
  }

  @Test
  void uploadsOfOneBlobAtTheSameTimeAreSentOnce() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        ResourceName.Upload upload = name(blob);
        callers.add(
            threads.submit(() -> {
              try (StagedBlob staged = one.area().begin(upload)) {
                write(staged, blob, SIZE);
                staged.commit();
              }
            }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    }
    assertStored();
    assertThat(objects.puts.get()).isLessThanOrEqualTo(SIZE / MIB + 1);
  }

  @Test
  void anUploadOfABlobThatIsStoredMeanwhileIsSentNoFurther() {
    try (StagedBlob late = one.area().begin(name)) {
      write(late, blob, MIB);
      Blobs.write(other.store(), TEAM, name.digest(), blob);
      int puts = objects.puts.get();
      write(late, blob, 4 * MIB);
      late.suspend();
      assertThat(objects.puts).hasValue(puts);
    }
    assertThat(one.area().kept(name)).isEmpty();
    assertStored();
  }

  @Test
  void replicasThatTakeOneUploadFromEachOtherMixNothing() throws Exception {
    long seed = System.nanoTime();
    System.out.println("S3StagingAreaTest seed " + seed);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        StagingReplica replica = i % 2 == 0 ? one : other;
        SplittableRandom choices = new SplittableRandom(seed + i);
        callers.add(
            threads.submit(() -> {
              for (int n = 0; n < 15; n++) {
                callOnce(replica, choices);
              }
            }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    }
    try (StagedBlob staged = one.area().begin(name)) {
      write(staged, blob, SIZE);
      staged.commit();
    }
    assertStored();
    assertThat(collect()).isLessThanOrEqualTo(10);
    assertStored();
  }

  private void callOnce(StagingReplica replica, SplittableRandom choices) {
    try (StagedBlob staged =
        choices.nextInt(5) == 0
            ? replica.area().begin(name)
            : replica.area().resume(name).orElseGet(() -> replica.area().begin(name))) {
      int to = Math.min(SIZE, Math.toIntExact(staged.written()) + choices.nextInt(3 * MIB));
      write(staged, blob, to);
      if (to == SIZE) {
        staged.commit();
      } else if (choices.nextInt(4) > 0) {
        staged.suspend();
      }
    } catch (Failure.Unavailable | Failure.Exhausted overtaken) {
      assertThat(overtaken).hasMessageNotContaining("null");
    }
  }

  @Test
  void aSmallBlobIsNoObjectAndLeavesNoRow() {
    ByteString small = random.next(ObjectStorage.INLINE_LIMIT);
    ResourceName.Upload upload = name(small);
    try (StagedBlob staged = one.area().begin(upload)) {
      write(staged, small, small.size());
      staged.commit();
    }
    assertThat(Blobs.read(other.store(), TEAM, upload.digest(), SIZE)).isEqualTo(small);
    assertThat(objects.puts).hasValue(0);
  }

  @Test
  void whoStallsGivesItsMemoryBackInTime() {
    try (StagedBlob stalled = one.area().begin(name)) {
      write(stalled, blob, 500_000);
      assertThat(one.bare().writeOutIdle()).isZero();
      assertThat(one.memory().free()).isEqualTo(3);
      clock.advance(Duration.ofSeconds(20));
      assertThat(one.bare().writeOutIdle()).isOne();
      assertThat(one.memory().free()).isEqualTo(4);
      assertThat(other.area().kept(name)).hasValue(500_000);
      write(stalled, blob, SIZE);
      stalled.commit();
    }
    assertStored();
  }

  @Test
  void whoStallsMakesRoomForOthersAtOnce() {
    List<ByteString> contents = new ArrayList<>();
    List<StagedBlob> stalled = new ArrayList<>();
    List<ResourceName.Upload> names = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      contents.add(random.next(700_000));
      names.add(name(contents.getLast()));
      stalled.add(one.area().begin(names.getLast()));
      write(stalled.getLast(), contents.getLast(), 300_000);
      clock.advance(Duration.ofSeconds(2));
    }
    for (int i = 0; i < 12; i++) {
      write(stalled.get(i), contents.get(i), 700_000);
      stalled.get(i).commit();
      stalled.get(i).close();
      assertThat(Blobs.read(one.store(), TEAM, names.get(i).digest(), SIZE))
          .isEqualTo(contents.get(i));
      clock.advance(Duration.ofSeconds(2));
    }
  }

  @Test
  void whereNobodyStallsWhoComesTooManyIsRefused() {
    List<StagedBlob> busy = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      busy.add(one.area().begin(name(blob)));
      write(busy.getLast(), blob, 1000);
    }
    try (StagedBlob tooMany = one.area().begin(name)) {
      assertThatThrownBy(() -> write(tooMany, blob, 1000)).isInstanceOf(Failure.Exhausted.class);
    }
    busy.forEach(StagedBlob::close);
  }

  @Test
  void anObjectStoreOutOfReachLosesNothingThatWasSaved() {
    try (StagedBlob staged = one.area().begin(name)) {
      write(staged, blob, 3 * MIB);
      objects.outOfReach = true;
      assertThatThrownBy(() -> write(staged, blob, SIZE)).isInstanceOf(Failure.Unavailable.class);
      assertThatThrownBy(staged::suspend).isInstanceOf(Failure.Unavailable.class);
    }
    objects.outOfReach = false;
    assertThat(other.area().kept(name)).hasValue(2 * MIB);
    finish(other, name, blob);
    assertStored();
  }

  @Test
  void aCommitThatFailsCanBeRepeated() {
    try (StagedBlob staged = one.area().begin(name)) {
      write(staged, blob, SIZE);
      objects.outOfReach = true;
      assertThatThrownBy(staged::commit).isInstanceOf(Failure.Unavailable.class);
      assertThat(one.store().findMissing(TEAM, Set.of(name.digest()))).isNotEmpty();
    }
    objects.outOfReach = false;
    try (StagedBlob staged = one.area().begin(name)) {
      write(staged, blob, SIZE);
      staged.commit();
    }
    assertStored();
  }

  @Test
  void aDamagedPieceMakesTheUploadBeginAnew() {
    try (StagedBlob staged = one.area().begin(name)) {
      write(staged, blob, 3 * MIB);
      staged.suspend();
    }
    objects.objects.values().forEach(bytes -> bytes[bytes.length / 2] ^= 1);
    assertThat(other.area().resume(name)).isEmpty();
    assertThat(one.area().kept(name)).isEmpty();
    try (StagedBlob staged = other.area().begin(name)) {
      write(staged, blob, SIZE);
      staged.commit();
    }
    assertStored();
    assertThat(collect()).isEqualTo(3);
  }

  @Test
  void whatIsGivenUpIsDeletedFromTheBucket() {
    try (StagedBlob suspended = one.area().begin(name)) {
      write(suspended, blob, 3 * MIB);
      suspended.suspend();
    }
    try (StagedBlob closed = one.area().begin(name(blob))) {
      write(closed, blob, 3 * MIB);
    }
    assertThat(objects.objects).isNotEmpty();
    other.area().discard(name);
    assertThat(collect()).isZero();
  }

  @Test
  void whatThisReplicaSuspendedItMayGiveUp() {
    try (StagedBlob suspended = one.area().begin(name)) {
      write(suspended, blob, 3 * MIB);
      suspended.suspend();
    }
    other.area().discardSuspended(name);
    assertThat(one.area().kept(name)).hasValue(3 * MIB);
    one.area().discardSuspended(name);
    assertThat(one.area().kept(name)).isEmpty();
    assertThat(collect()).isZero();
  }

  @Test
  void aReplicaWithTooManySuspendedUploadsLeavesAloneWhatGoesOnElsewhere() {
    ResumableUploads few = few();
    for (boolean resting : new boolean[] {false, true}) {
      ByteString content = random.next(SIZE);
      ResourceName.Upload upload = name(content);
      suspend(few, upload, content.substring(0, 3 * MIB));
      StagedBlob goingOn = other.area().resume(upload).orElseThrow();
      write(goingOn, content, 4 * MIB);
      if (resting) {
        goingOn.suspend();
      }
      suspend(few, name(blob), blob.substring(0, 1000));
      assertThat(few.suspended()).isEqualTo(1);
      if (resting) {
        finish(other, upload, content);
      } else {
        write(goingOn, content, SIZE);
        goingOn.commit();
      }
      assertThat(Blobs.read(one.store(), TEAM, upload.digest(), SIZE)).isEqualTo(content);
    }
  }

  @Test
  void aReplicaWithTooManySuspendedUploadsLeavesAloneWhatBeganElsewhere() {
    ResumableUploads few = few();
    suspend(few, name, ByteString.EMPTY);
    try (StagedBlob elsewhere = other.area().begin(name)) {
      write(elsewhere, blob, 3 * MIB);
      suspend(few, name(blob), ByteString.EMPTY);
      write(elsewhere, blob, SIZE);
      elsewhere.commit();
    }
    assertStored();
  }

  /** Those of a replica that keeps one suspended upload, and no heap to gather in. */
  private ResumableUploads few() {
    UploadPlaces places = new UploadPlaces(one.store(), one.area(), new GatheringRoom(0));
    return new ResumableUploads(places, clock, 1, Duration.ofDays(1));
  }

  private static void suspend(ResumableUploads uploads, ResourceName.Upload name, ByteString part) {
    BlobUpload upload = uploads.open(name, 0);
    upload.append(List.of(part.asReadOnlyByteBuffer()));
    upload.suspend();
  }
}
