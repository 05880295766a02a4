package dev.millrace.cas.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.memory.MemoryStagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.RandomBlobs;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ResumableUploadsTest {

  private static final int MIB = 1024 * 1024;
  private static final int ROOM = 4 * MIB;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore memory = new MemoryBlobStore();
  private final VerifyingBlobStore store = new VerifyingBlobStore(memory);
  private final StagingArea staging =
      new VerifyingStagingArea(new MemoryStagingArea(memory, clock));
  private final GatheringRoom room = new GatheringRoom(ROOM);
  private final ResumableUploads uploads = uploads();
  private final ByteString blob = random.next(100);
  private final ByteString large = random.next(staging.gatheringLimit() + 1);
  private final ResourceName.Upload name = name();

  @Test
  void anUploadNobodyContinuesIsGivenUpAfterItsTime() {
    interrupt(name);
    clock.advance(Duration.ofDays(1));
    uploads.removeExpired();
    assertThat(uploads.written(name)).hasValue(40);
    clock.advance(Duration.ofSeconds(1));
    uploads.removeExpired();
    assertThat(uploads.written(name)).isEmpty();
    assertThat(uploads.suspended()).isZero();
  }

  @Test
  void anUploadThatIsBeingWrittenDoesNotExpire() {
    try (BlobUpload upload = uploads.open(name, 0)) {
      clock.advance(Duration.ofDays(2));
      uploads.removeExpired();
      assertThat(uploads.written(name)).isEqualTo(OptionalLong.of(0));
      upload.append(blob.asReadOnlyByteBufferList());
      upload.finish();
    }
    assertThat(store.findMissing(InstanceName.ROOT, Set.of(name.digest()))).isEmpty();
    assertThat(uploads.written(name)).isEmpty();
  }

  @Test
  void ofTooManyUploadsTheLongestUntouchedIsGivenUp() {
    List<ResourceName.Upload> names = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      names.add(name());
      interrupt(names.getLast());
      clock.advance(Duration.ofSeconds(1));
    }
    assertThat(uploads.suspended()).isEqualTo(3);
    assertThat(names)
        .extracting(n -> uploads.written(n).isPresent())
        .containsExactly(false, false, true, true, true);
  }

  @Test
  void manyWhoAreInterruptedAtOnceGiveUpNoMoreThanAreTooMany() throws Exception {
    for (int round = 0; round < 200; round++) {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> interrupted = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          ResourceName.Upload each = name();
          interrupted.add(threads.submit(() -> interrupt(each)));
        }
        for (Future<?> one : interrupted) {
          one.get();
        }
      }
      assertThat(uploads.suspended()).isEqualTo(3);
    }
  }

  @Test
  void whoeverWasOvertakenCanNeitherWriteNorEndTheUpload() {
    BlobUpload lost = uploads.open(name, 0);
    lost.append(blob.substring(0, 40).asReadOnlyByteBufferList());
    try (BlobUpload taker = uploads.open(name, 40)) {
      assertThatThrownBy(() -> lost.append(blob.substring(40).asReadOnlyByteBufferList()))
          .isInstanceOf(Failure.Unavailable.class);
      assertThatThrownBy(lost::finish).isInstanceOf(Failure.Unavailable.class);
      lost.suspend();
      lost.close();
      taker.append(blob.substring(40).asReadOnlyByteBufferList());
      taker.finish();
    }
    assertThat(store.findMissing(InstanceName.ROOT, Set.of(name.digest()))).isEmpty();
  }

  @Test
  void aWrongOffsetTakesNothingFromAnybody() {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.substring(0, 40).asReadOnlyByteBufferList());
      assertThatThrownBy(() -> uploads.open(name, 41)).isInstanceOf(Failure.InvalidRequest.class);
      upload.append(blob.substring(40).asReadOnlyByteBufferList());
      upload.finish();
    }
  }

  @Test
  void anUploadThatIsNeitherFinishedNorSuspendedIsGivenUp() {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.substring(0, 40).asReadOnlyByteBufferList());
    }
    assertThat(uploads.written(name)).isEmpty();
  }

  @Test
  void anUploadOfAnEarlierProcessExpiresToo() {
    interrupt(name);
    ResumableUploads next = uploads();
    clock.advance(Duration.ofHours(25));
    assertThat(next.written(name)).hasValue(40);
    next.removeExpired();
    assertThat(next.written(name)).isEmpty();
  }

  @Test
  void anUploadGoesOnInAnotherProcess() {
    ResourceName.Upload big = name(large);
    try (BlobUpload upload = uploads.open(big, 0)) {
      upload.append(large.substring(0, 40_000).asReadOnlyByteBufferList());
      upload.suspend();
    }
    interrupt(name);
    ResumableUploads next = uploads();
    for (var each : List.of(Map.entry(big, large), Map.entry(name, blob))) {
      int at = Math.toIntExact(next.written(each.getKey()).orElseThrow());
      try (BlobUpload upload = next.open(each.getKey(), at)) {
        upload.append(each.getValue().substring(at).asReadOnlyByteBufferList());
        upload.finish();
      }
      assertThat(Blobs.read(store, InstanceName.ROOT, each.getKey().digest(), 2 * MIB))
          .isEqualTo(each.getValue());
    }
  }

  @Test
  void anUploadThatGoesOnElsewhereIsLostHere() {
    ResourceName.Upload big = name(large);
    BlobUpload lost = uploads.open(big, 0);
    lost.append(large.substring(0, 40).asReadOnlyByteBufferList());
    try (BlobUpload taker = uploads().open(big, 40)) {
      assertThatThrownBy(() -> lost.append(large.substring(40).asReadOnlyByteBufferList()))
          .isInstanceOf(Failure.Unavailable.class);
      lost.close();
      taker.append(large.substring(40).asReadOnlyByteBufferList());
      taker.finish();
    }
    assertThat(store.findMissing(InstanceName.ROOT, Set.of(big.digest()))).isEmpty();
  }

  @Test
  void whoTakesOverHasAllThatWasSentBefore() {
    for (ByteString content : List.of(blob, large)) {
      ResourceName.Upload each = name(content);
      BlobUpload lost = uploads.open(each, 0);
      lost.append(content.substring(0, 40).asReadOnlyByteBufferList());
      try (BlobUpload taker = uploads.open(each, 40)) {
        lost.close();
        taker.append(content.substring(40).asReadOnlyByteBufferList());
        taker.finish();
      }
      assertThat(Blobs.read(store, InstanceName.ROOT, each.digest(), 2 * MIB)).isEqualTo(content);
    }
  }

  @Test
  void nobodyGoesOnWithWhatFailedMidway() {
    for (ByteString content : List.of(blob, large)) {
      ResourceName.Upload each = name(content);
      BlobUpload failed = uploads.open(each, 0);
      ByteBuffer tooMuch = ByteBuffer.allocate(content.size());
      assertThatThrownBy(() -> failed.append(List.of(ByteBuffer.allocate(40), tooMuch)))
          .isInstanceOf(Failure.ContentMismatch.class);
      try (BlobUpload next = uploads.open(each, 0)) {
        failed.close();
        next.append(content.asReadOnlyByteBufferList());
        next.finish();
      }
      assertThat(Blobs.read(store, InstanceName.ROOT, each.digest(), 2 * MIB)).isEqualTo(content);
    }
  }

  @Test
  void anEndOfTheServiceSuspendsWhatIsBeingWritten() {
    ResourceName.Upload big = name(large);
    BlobUpload first = uploads.open(name, 0);
    first.append(blob.substring(0, 40).asReadOnlyByteBufferList());
    BlobUpload second = uploads.open(big, 0);
    second.append(large.substring(0, 50_000).asReadOnlyByteBufferList());
    uploads.close();
    first.close();
    second.close();
    assertThatThrownBy(() -> uploads.open(name(), 0)).isInstanceOf(Failure.Unavailable.class);
    ResumableUploads next = uploads();
    assertThat(next.written(name)).hasValue(40);
    assertThat(next.written(big)).hasValue(50_000);
  }

  @Test
  void anUploadOfWhichNothingIsKeptGoesOnNowhere() {
    assertThatThrownBy(() -> uploads.open(name, 1)).isInstanceOf(Failure.InvalidRequest.class);
    assertThatThrownBy(() -> uploads.open(name, Long.MAX_VALUE))
        .isInstanceOf(Failure.InvalidRequest.class);
    assertThat(uploads.written(name)).isEmpty();
    interrupt(name);
    assertThatThrownBy(() -> uploads.open(name, 39)).isInstanceOf(Failure.InvalidRequest.class);
    assertThat(uploads.written(name)).hasValue(40);
  }

  @Test
  void aSmallBlobIsNotStagedUnlessItIsInterrupted() {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.asReadOnlyByteBufferList());
      assertThat(staging.kept(name)).isEmpty();
      upload.finish();
    }
    assertThat(Blobs.read(store, InstanceName.ROOT, name.digest(), 100)).isEqualTo(blob);
  }

  @Test
  void aSmallBlobThatBeginsAgainLeavesNothingStaged() {
    interrupt(name);
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.substring(0, 10).asReadOnlyByteBufferList());
      assertThat(uploads.written(name)).hasValue(10);
    }
    assertThat(staging.kept(name)).isEmpty();
    assertThat(uploads.written(name)).isEmpty();
  }

  @Test
  void aSmallBlobThatIsTooLongOrWrongIsRefused() {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.asReadOnlyByteBufferList());
      assertThatThrownBy(() -> upload.append(List.of(ByteBuffer.allocate(1))))
          .isInstanceOf(Failure.ContentMismatch.class);
    }
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(List.of(ByteBuffer.allocate(100)));
      assertThatThrownBy(upload::finish).isInstanceOf(Failure.ContentMismatch.class);
    }
    assertThat(uploads.written(name)).isEmpty();
  }

  /** Those that are larger go on in other processes while they are written. */
  @ParameterizedTest
  @ValueSource(ints = {1, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1})
  void blobsUpToTheLimitAreGatheredWhole(int size) {
    ByteString content = random.next(size);
    ResourceName.Upload each = name(content);
    try (BlobUpload upload = uploads.open(each, 0)) {
      upload.append(content.substring(0, size / 2).asReadOnlyByteBufferList());
      assertThat(staging.kept(each).isEmpty()).isEqualTo(size <= MIB);
      assertThat(room.free()).isEqualTo(size <= MIB ? ROOM - size : ROOM);
      upload.append(content.substring(size / 2).asReadOnlyByteBufferList());
      upload.finish();
      assertThat(room.free()).isEqualTo(ROOM);
    }
    assertThat(room.free()).isEqualTo(ROOM);
    assertThat(staging.kept(each)).isEmpty();
    assertThat(Blobs.read(store, InstanceName.ROOT, each.digest(), size)).isEqualTo(content);
  }

  @Test
  void whatFindsNoRoomIsStaged() {
    List<BlobUpload> open = new ArrayList<>();
    ByteString content = random.next(MIB);
    for (int i = 0; i < 4; i++) {
      open.add(uploads.open(name(content), 0));
    }
    assertThat(room.free()).isZero();
    ResourceName.Upload fifth = name(content);
    try (BlobUpload upload = uploads.open(fifth, 0)) {
      upload.append(content.substring(0, 40).asReadOnlyByteBufferList());
      assertThat(staging.kept(fifth)).hasValue(40);
      open.forEach(BlobUpload::close);
      upload.append(content.substring(40).asReadOnlyByteBufferList());
      upload.finish();
    }
    assertThat(Blobs.read(store, InstanceName.ROOT, fifth.digest(), MIB)).isEqualTo(content);
    assertThat(room.free()).isEqualTo(ROOM);
  }

  @Test
  void whatFoundNoRoomAtFirstIsGatheredOnceItBeginsAnew() {
    ByteString content = random.next(MIB);
    ResourceName.Upload each = name(content);
    try (GatheringRoom.Share all = room.take(ROOM).orElseThrow();
        BlobUpload upload = uploads.open(each, 0)) {
      upload.append(content.substring(0, 40).asReadOnlyByteBufferList());
      upload.suspend();
    }
    // In another process, which knows nothing of the first.
    try (BlobUpload upload = uploads().open(each, 0)) {
      assertThat(staging.kept(each)).isEmpty();
      assertThat(room.free()).isEqualTo(ROOM - MIB);
      upload.append(content.asReadOnlyByteBufferList());
      upload.finish();
    }
    assertThat(Blobs.read(store, InstanceName.ROOT, each.digest(), MIB)).isEqualTo(content);
  }

  @Test
  void roomIsGivenBackHoweverAnUploadEnds() {
    ByteString content = random.next(100_000);
    ResourceName.Upload each = name(content);
    ByteString half = content.substring(0, 50_000);
    List<Consumer<BlobUpload>> ends =
        List.of(
            BlobUpload::close,
            BlobUpload::suspend,
            BlobUpload::suspendAtStart,
            upload -> assertThatThrownBy(upload::finish).isInstanceOf(Failure.class),
            upload ->
                assertThatThrownBy(() -> upload.append(List.of(ByteBuffer.allocate(50_001))))
                    .isInstanceOf(Failure.class));
    for (Consumer<BlobUpload> end : ends) {
      try (BlobUpload upload = uploads.open(each, 0)) {
        upload.append(half.asReadOnlyByteBufferList());
        assertThat(room.free()).isEqualTo(ROOM - 100_000);
        end.accept(upload);
      }
      assertThat(room.free()).isEqualTo(ROOM);
    }
  }

  @Test
  void whoTakesOverTakesTheRoomAsWell() {
    ByteString content = random.next(100_000);
    ResourceName.Upload each = name(content);
    BlobUpload first = uploads.open(each, 0);
    first.append(content.substring(0, 40).asReadOnlyByteBufferList());
    BlobUpload second = uploads.open(each, 40);
    first.close();
    assertThat(room.free()).isEqualTo(ROOM - 100_000);
    BlobUpload third = uploads.open(each, 0);
    second.suspend();
    assertThat(room.free()).isEqualTo(ROOM - 100_000);
    uploads.close();
    third.close();
    assertThat(room.free()).isEqualTo(ROOM);
  }

  @Test
  void roomIsGivenBackWhereNothingCanBeStored() {
    StagingArea full = new FullStagingArea(staging);
    ResumableUploads refused = uploads(full);
    ByteString content = random.next(MIB);
    try (BlobUpload upload = refused.open(name(content), 0)) {
      upload.append(content.substring(0, 40).asReadOnlyByteBufferList());
      assertThatThrownBy(upload::suspend).isInstanceOf(Failure.Exhausted.class);
      assertThat(room.free()).isEqualTo(ROOM);
    }
    try (BlobUpload upload = refused.open(name(content), 0)) {
      upload.append(content.asReadOnlyByteBufferList());
      upload.finish();
    }
    assertThatThrownBy(() -> refused.open(name(large), 0)).isInstanceOf(Failure.Exhausted.class);
    assertThat(room.free()).isEqualTo(ROOM);
  }

  @Test
  void whatIsGatheredIsACopyOfWhatWasSent() {
    ByteString content = random.next(300_000);
    ByteBuffer network = ByteBuffer.allocateDirect(7_001);
    ResourceName.Upload each = name(content);
    try (BlobUpload upload = uploads.open(each, 0)) {
      for (int at = 0; at < content.size(); at += network.limit()) {
        network.clear().limit(Math.min(network.capacity(), content.size() - at));
        content.substring(at, at + network.limit()).copyTo(network);
        upload.append(List.of(network.flip()));
        network.clear();
        while (network.hasRemaining()) {
          network.put((byte) 0);
        }
        network.flip().limit(Math.min(network.capacity(), content.size() - at));
      }
      upload.finish();
    }
    assertThat(Blobs.read(store, InstanceName.ROOT, each.digest(), MIB)).isEqualTo(content);
  }

  @Test
  @Timeout(60)
  void uploadsThatCompeteForRoomAreAllRight() throws Exception {
    long seed = System.nanoTime();
    System.out.println("ResumableUploadsTest seed " + seed);
    List<ByteString> contents =
        IntStream.of(1, 50_000, 65_537, 300_000, 700_000, MIB, MIB + 1)
            .mapToObj(random::next)
            .toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        SplittableRandom choices = new SplittableRandom(seed + i);
        callers.add(
            threads.submit(() -> {
              for (int n = 0; n < 20; n++) {
                uploadInTurns(contents.get(choices.nextInt(contents.size())), choices);
              }
            }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    }
    assertThat(room.free()).isEqualTo(ROOM);
  }

  /** Interrupted now and then, which loses what too many others are kept for. */
  private void uploadInTurns(ByteString content, SplittableRandom choices) {
    ResourceName.Upload each = name(content);
    InstanceName own = new InstanceName("caller-" + choices.nextInt(Integer.MAX_VALUE));
    ResourceName.Upload mine =
        new ResourceName.Upload(own, each.id(), each.compressor(), each.digest());
    while (!store.findMissing(own, Set.of(mine.digest())).isEmpty()) {
      int from = Math.toIntExact(uploads.written(mine).orElse(0));
      try (BlobUpload upload = uploads.open(mine, from)) {
        int to = Math.min(content.size(), from + choices.nextInt(1, content.size() + 100_000));
        upload.append(content.substring(from, to).asReadOnlyByteBufferList());
        upload.suspend();
      } catch (Failure.InvalidRequest lost) {
        assertThat(from).isPositive();
      }
    }
    assertThat(Blobs.read(store, own, mine.digest(), 2 * MIB)).isEqualTo(content);
  }

  private void interrupt(ResourceName.Upload name) {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.substring(0, 40).asReadOnlyByteBufferList());
      upload.suspend();
    }
  }

  private ResumableUploads uploads() {
    return uploads(staging);
  }

  private ResumableUploads uploads(StagingArea area) {
    return new ResumableUploads(new UploadPlaces(store, area, room), clock, 3, Duration.ofDays(1));
  }

  private ResourceName.Upload name() {
    return name(blob);
  }

  private static ResourceName.Upload name(ByteString content) {
    Digest digest = DigestFunction.SHA256.digestOf(content.toByteArray());
    return new ResourceName.Upload(
        InstanceName.ROOT, UUID.randomUUID(), Compressor.IDENTITY, digest);
  }
}
