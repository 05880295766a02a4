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
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class ResumableUploadsTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final ManualClock clock = ManualClock.standing();
  private final MemoryBlobStore memory = new MemoryBlobStore();
  private final VerifyingBlobStore store = new VerifyingBlobStore(memory);
  private final StagingArea staging =
      new VerifyingStagingArea(new MemoryStagingArea(memory, clock));
  private final ResumableUploads uploads = uploads();
  private final ByteString blob = random.next(100);
  private final ByteString large = random.next(GatheredBlob.MAX_BYTES + 1);
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
      assertThat(Blobs.read(store, InstanceName.ROOT, each.getKey().digest(), 100_000))
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
      assertThat(Blobs.read(store, InstanceName.ROOT, each.digest(), 100_000)).isEqualTo(content);
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

  private void interrupt(ResourceName.Upload name) {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.substring(0, 40).asReadOnlyByteBufferList());
      upload.suspend();
    }
  }

  private ResumableUploads uploads() {
    return new ResumableUploads(store, staging, clock, 3, Duration.ofDays(1));
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
