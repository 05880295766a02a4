package dev.millrace.cas.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.RandomBlobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class ResumableUploadsTest {

  private final RandomBlobs random = RandomBlobs.seeded();
  private final ManualClock clock = ManualClock.standing();
  private final VerifyingBlobStore store = new VerifyingBlobStore(new MemoryBlobStore());
  private final ResumableUploads uploads =
      new ResumableUploads(store, clock, 3, Duration.ofDays(1));
  private final ByteString blob = random.next(100);
  private final ResourceName.Upload name = name();

  @Test
  void anUploadNobodyContinuesIsGivenUpAfterItsTime() {
    interrupt(name);
    clock.advance(Duration.ofDays(1));
    assertThat(uploads.written(name)).hasValue(40);
    clock.advance(Duration.ofSeconds(1));
    assertThat(uploads.written(name)).isEmpty();
    assertThat(uploads.suspended()).isZero();
  }

  @Test
  void anUploadThatIsBeingWrittenDoesNotExpire() {
    try (BlobUpload upload = uploads.open(name, 0)) {
      clock.advance(Duration.ofDays(2));
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
  void closingGivesUpEverythingThatIsSuspended() {
    interrupt(name);
    uploads.close();
    assertThat(uploads.suspended()).isZero();
  }

  private void interrupt(ResourceName.Upload name) {
    try (BlobUpload upload = uploads.open(name, 0)) {
      upload.append(blob.substring(0, 40).asReadOnlyByteBufferList());
      upload.suspend();
    }
  }

  private ResourceName.Upload name() {
    Digest digest = DigestFunction.SHA256.digestOf(blob.toByteArray());
    return new ResourceName.Upload(
        InstanceName.ROOT, UUID.randomUUID(), Compressor.IDENTITY, digest);
  }
}
