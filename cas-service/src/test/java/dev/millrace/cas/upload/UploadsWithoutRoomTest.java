package dev.millrace.cas.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.DiskProperties;
import dev.millrace.cas.disk.DiskStagingArea;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.RandomBlobs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Interrupted uploads on a disk of which writers may claim 4 MiB at a time. */
final class UploadsWithoutRoomTest {

  private static final int MIB = 1024 * 1024;
  private static final int ROOM = 3 * MIB;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final ManualClock clock = ManualClock.standing();
  @TempDir Path directory;
  private DiskBlobStore disk;
  private DiskStagingArea staged;
  private BlobStore store;
  private ResumableUploads uploads;
  private final GatheringRoom room = new GatheringRoom(ROOM);

  @BeforeEach
  void open() {
    disk = DiskBlobStore.open(DiskProperties.of(directory, 16 * MIB).withBlockBytes(MIB));
    store = new VerifyingBlobStore(disk);
    staged = DiskStagingArea.open(disk, clock);
    uploads =
        new ResumableUploads(
            new UploadPlaces(store, new VerifyingStagingArea(staged), room),
            clock,
            1000,
            Duration.ofDays(1));
  }

  @AfterEach
  void close() {
    uploads.close();
    staged.close();
    disk.close();
  }

  @Test
  void interruptedUploadsGiveWayToThoseThatAreWritten() {
    List<ResourceName.Upload> interrupted = new ArrayList<>();
    ByteString blob = random.next(MIB - 1000);
    for (int i = 0; i < 10; i++) {
      interrupted.add(name(blob));
      interrupt(interrupted.getLast(), blob);
      clock.advance(Duration.ofSeconds(1));
    }
    assertThat(interrupted)
        .extracting(name -> uploads.written(name).orElse(0) > 0)
        .containsExactly(false, false, false, false, false, false, true, true, true, true);
    upload(random.next(MIB));
    ResourceName.Upload last = interrupted.getLast();
    try (BlobUpload upload = uploads.open(last, 1000)) {
      upload.append(blob.substring(1000).asReadOnlyByteBufferList());
      upload.finish();
    }
  }

  @Test
  void oneLargerThanAllThatMayBeClaimedNeedsTheRoomOfEveryInterruptedOne() {
    ByteString blob = random.next(100);
    ResourceName.Upload name = name(blob);
    interrupt(name, blob, 40);
    upload(random.next(5 * MIB));
    assertThat(uploads.written(name)).hasValue(0);
  }

  @Test
  void uploadsThatAreBeingWrittenGiveWayToNobody() {
    ByteString blob = random.next(3 * MIB);
    try (BlobUpload busy = uploads.open(name(blob), 0)) {
      ResourceName.Upload other = name(random.next(2 * MIB));
      assertThatThrownBy(() -> uploads.open(other, 0)).isInstanceOf(Failure.Exhausted.class);
      busy.append(blob.asReadOnlyByteBufferList());
      busy.finish();
    }
  }

  @Test
  void anInterruptedUploadThatKeptNothingHoldsNoRoom() {
    ResourceName.Upload compressed = name(random.next(3 * MIB));
    ResourceName.Upload untouched = name(random.next(3 * MIB));
    try (BlobUpload upload = uploads.open(compressed, 0)) {
      upload.suspendAtStart();
    }
    try (BlobUpload upload = uploads.open(untouched, 0)) {
      upload.suspend();
    }
    disk.create(InstanceName.ROOT, digest(random.next(3 * MIB))).close();
    assertThat(uploads.written(compressed)).hasValue(0);
    assertThat(uploads.written(untouched)).hasValue(0);
  }

  @Test
  void anUploadThatFindsNoRoomToBeginAnewCanBeginLater() {
    ByteString blob = random.next(3 * MIB);
    ResourceName.Upload name = name(blob);
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.suspendAtStart();
    }
    try (var other = disk.create(InstanceName.ROOT, digest(random.next(3 * MIB)))) {
      assertThat(other.written()).isZero();
      assertThatThrownBy(() -> uploads.open(name, 0)).isInstanceOf(Failure.Exhausted.class);
      assertThat(uploads.written(name)).hasValue(0);
    }
    upload(name, blob);
  }

  @Test
  void batchesNeedNoneOfTheRoomThatUploadsHold() {
    ByteString blob = random.next(4 * MIB - 1000);
    interrupt(name(blob), blob);
    ByteString large = random.next(200_000);
    assertThat(store.writeAll(InstanceName.ROOT, Map.of(digest(large), large))).isEmpty();
    assertThat(uploads.suspended()).isOne();
  }

  @Test
  @Timeout(60)
  void callersWhoTakeUploadsAndRoomFromEachOtherLeaveNothingBehind() throws Exception {
    long seed = System.nanoTime();
    System.out.println("UploadsWithoutRoomTest seed " + seed);
    ByteString blob = random.next(MIB);
    ByteString gathered = blob.substring(0, MIB - 1);
    List<ResourceName.Upload> names =
        Stream.concat(
                Stream.generate(() -> name(blob)).limit(6),
                Stream.generate(() -> name(gathered)).limit(6))
            .toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        SplittableRandom choices = new SplittableRandom(seed + i);
        callers.add(
            threads.submit(() -> {
              for (int n = 0; n < 200; n++) {
                callOnce(names.get(choices.nextInt(names.size())), blob, choices);
              }
            }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    }
    uploads.close();
    assertThat(room.free()).isEqualTo(ROOM);
    clock.advance(Duration.ofDays(2));
    uploads.removeExpired();
    assertThat(disk.footprint()).isLessThanOrEqualTo(16 * MIB);
    // Nothing is claimed any more: with the least claim left, this would be refused.
    disk.create(InstanceName.ROOT, digest(random.next(5 * MIB))).close();
  }

  private void callOnce(ResourceName.Upload name, ByteString blob, SplittableRandom choices) {
    long offset = choices.nextBoolean() ? 0 : uploads.written(name).orElse(0);
    try (BlobUpload upload = uploads.open(name, offset)) {
      int from = (int) upload.written();
      int to = Math.min(from + choices.nextInt(300_000), MIB - 2);
      upload.append(blob.substring(from, to).asReadOnlyByteBufferList());
      switch (choices.nextInt(3)) {
        case 0 -> upload.suspend();
        case 1 -> upload.suspendAtStart();
        default -> {}
      }
    } catch (Failure.Exhausted | Failure.InvalidRequest | Failure.Unavailable overtaken) {
      // Whoever is overtaken, late or out of room is told so.
      assertThat(overtaken).hasMessageNotContaining("null");
    }
  }

  private void upload(ByteString blob) {
    upload(name(blob), blob);
  }

  private void upload(ResourceName.Upload name, ByteString blob) {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.asReadOnlyByteBufferList());
      upload.finish();
    }
  }

  private void interrupt(ResourceName.Upload name, ByteString blob) {
    interrupt(name, blob, 1000);
  }

  private void interrupt(ResourceName.Upload name, ByteString blob, int after) {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.substring(0, after).asReadOnlyByteBufferList());
      upload.suspend();
    }
  }

  private static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }

  private static ResourceName.Upload name(ByteString blob) {
    return new ResourceName.Upload(
        InstanceName.ROOT, UUID.randomUUID(), Compressor.IDENTITY, digest(blob));
  }
}
