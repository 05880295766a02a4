package dev.millrace.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link StagingArea} promises once it is put together as a service would: a back end
 * that takes bytes on trust is tested inside of a verifying one.
 */
public abstract class StagingAreaContract {

  private static final InstanceName INSTANCE = new InstanceName("team/project");
  private static final int SIZE = 300_001;

  private final RandomBlobs random = RandomBlobs.seeded();

  /** The area under test; the same one for the length of a test, but for {@link #reopen}. */
  protected abstract StagingArea area();

  /** The store that its uploads become blobs of. */
  protected abstract BlobStore store();

  /** The clock that it goes by. */
  protected abstract ManualClock clock();

  /** Whether uploads outlive the process that took them. */
  protected boolean isDurable() {
    return false;
  }

  /**
   * Begins anew with what another process would find if this one were killed now; only called if
   * the area is durable.
   */
  protected void reopen() throws Exception {
    throw new UnsupportedOperationException("this area is not durable");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 65_536, 65_537, 1_000_003, 9_000_000})
  void anUploadBecomesABlob(int size) {
    ByteString blob = random.next(size);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area().begin(name)) {
      write(staged, blob, 0, size);
      assertThat(staged.written()).isEqualTo(size);
      assertThat(isStored(name)).isFalse();
      staged.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
    assertThat(area().kept(name)).isEmpty();
    assertThat(area().resume(name)).isEmpty();
  }

  /** As messages come out of the network: in direct buffers, thousands of them at worst. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 1024, 1025, 5000})
  void bytesThatComeInPartsAreTakenAtOnce(int parts) {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area().begin(name)) {
      staged.write(List.of(blob.substring(0, 1000).asReadOnlyByteBuffer()));
      List<ByteBuffer> rest = direct(blob.substring(1000), parts);
      staged.write(rest);
      assertThat(rest).noneMatch(ByteBuffer::hasRemaining);
      assertThat(staged.written()).isEqualTo(SIZE);
      staged.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
  }

  private static List<ByteBuffer> direct(ByteString bytes, int parts) {
    ByteBuffer all = ByteBuffer.allocateDirect(bytes.size());
    bytes.copyTo(all);
    List<ByteBuffer> cut = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      int from = (int) ((long) bytes.size() * i / parts);
      int to = (int) ((long) bytes.size() * (i + 1) / parts);
      cut.add(all.slice(from, to - from).asReadOnlyBuffer());
    }
    return cut;
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void uploadsOfEveryDigestFunctionGoOn(DigestFunction function) {
    ByteString blob = random.next(10_000);
    ResourceName.Upload name = name(function.digestOf(blob.toByteArray()));
    suspendAt(name, blob, 4000);
    finish(name, blob, 4000);
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void nothingIsKnownOfAnUploadThatNobodyBegan() {
    ResourceName.Upload name = name(random.next(10));
    assertThat(area().kept(name)).isEmpty();
    assertThat(area().resume(name)).isEmpty();
    area().discard(name);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 65_537, 300_000, 300_001})
  void aSuspendedUploadGoesOnWhereItStopped(int at) {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    suspendAt(name, blob, at);
    assertThat(area().kept(name)).hasValue(at);
    assertThat(isStored(name)).isFalse();
    finish(name, blob, at);
    assertThat(read(name)).isEqualTo(blob);
    assertThat(area().kept(name)).isEmpty();
  }

  @Test
  void anUploadMayBeSuspendedManyTimes() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    suspendAt(name, blob, 0);
    for (int at = 0; at < 300_000; at += 30_000) {
      try (StagedBlob staged = area().resume(name).orElseThrow()) {
        assertThat(staged.written()).isEqualTo(at);
        write(staged, blob, at, at + 30_000);
        staged.suspend();
      }
    }
    finish(name, blob, 300_000);
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void aSuspendedWriterHasEnded() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area().begin(name)) {
      write(staged, blob, 0, 1000);
      staged.suspend();
      assertThatThrownBy(() -> write(staged, blob, 1000, 2000))
          .isInstanceOf(Failure.Unavailable.class);
    }
    assertThat(area().kept(name)).hasValue(1000);
  }

  @Test
  void whatWasTakenIsReadBack() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area().begin(name)) {
      write(staged, blob, 0, 200_000);
      assertThat(readBack(staged, 0, 200_000)).isEqualTo(blob.substring(0, 200_000));
      write(staged, blob, 200_000, 250_000);
      staged.suspend();
    }
    try (StagedBlob staged = area().resume(name).orElseThrow()) {
      assertThat(readBack(staged, 1000, 5000)).isEqualTo(blob.substring(1000, 6000));
      assertThat(readBack(staged, 249_990, 100)).isEqualTo(blob.substring(249_990, 250_000));
      assertThat(readBack(staged, 250_000, 100)).isEqualTo(ByteString.EMPTY);
      write(staged, blob, 250_000, SIZE);
      staged.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void anUploadThatBeginsAgainForgetsWhatWasKept() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    suspendAt(name, random.next(SIZE), 1000);
    try (StagedBlob staged = area().begin(name)) {
      assertThat(staged.written()).isZero();
      assertThat(area().kept(name).orElse(0)).isZero();
      write(staged, blob, 0, SIZE);
      staged.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void whatIsClosedAndNothingElseIsGivenUp() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area().begin(name)) {
      write(staged, blob, 0, 1000);
    }
    assertThat(area().kept(name)).isEmpty();
    assertThat(area().resume(name)).isEmpty();
    assertThat(isStored(name)).isFalse();
  }

  @Test
  void whoGoesOnTakesTheUploadFromItsWriter() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    StagedBlob lost = area().begin(name);
    write(lost, blob, 0, SIZE);
    try (StagedBlob taker = area().resume(name).orElseThrow()) {
      refused(lost);
      lost.close();
      int from = Math.toIntExact(taker.written());
      assertThat(from).isLessThanOrEqualTo(SIZE);
      write(taker, blob, from, SIZE);
      taker.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void whoBeginsAgainTakesTheUploadFromItsWriter() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    StagedBlob lost = area().begin(name);
    write(lost, blob, 0, SIZE);
    try (StagedBlob taker = area().begin(name)) {
      assertThat(taker.written()).isZero();
      refused(lost);
      write(taker, blob, 0, 1000);
      lost.close();
      write(taker, blob, 1000, SIZE);
      taker.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
  }

  private static void refused(StagedBlob lost) {
    assertThatThrownBy(lost::commit).isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(lost::suspend).isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> readBack(lost, 0, 10)).isInstanceOf(Failure.Unavailable.class);
  }

  @Test
  void anOvertakenWriterWritesNothing() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    StagedBlob lost = area().begin(name);
    write(lost, blob, 0, 1000);
    try (StagedBlob taker = area().begin(name)) {
      assertThatThrownBy(() -> write(lost, blob, 1000, 2000))
          .isInstanceOf(Failure.Unavailable.class);
      write(taker, blob, 0, 1000);
      taker.suspend();
    }
    lost.close();
    finish(name, blob, 1000);
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void uploadsOfOneBlobUnderOtherNamesAreOthers() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    suspendAt(name, blob, 1000);
    ResourceName.Upload other =
        new ResourceName.Upload(
            new InstanceName("other"), name.id(), name.compressor(), name.digest());
    assertThat(area().kept(name(blob))).isEmpty();
    assertThat(area().kept(other)).isEmpty();
    suspendAt(other, blob, 2000);
    assertThat(area().kept(name)).hasValue(1000);
    finish(other, blob, 2000);
    assertThat(isStored(name)).isFalse();
    assertThat(store().findMissing(other.instance(), Set.of(other.digest()))).isEmpty();
    finish(name, blob, 1000);
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void whoeverCommitsLaterSucceedsToo() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    try (StagedBlob first = area().begin(name);
        StagedBlob second = area().begin(name(blob))) {
      write(first, blob, 0, SIZE);
      write(second, blob, 0, SIZE);
      second.commit();
      assertThat(isStored(name)).isTrue();
      first.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
    assertThat(area().kept(name)).isEmpty();
  }

  @Test
  void contentOfAnotherHashIsRefusedAndGivenUp() {
    ResourceName.Upload name = name(random.next(SIZE));
    try (StagedBlob staged = area().begin(name)) {
      write(staged, random.next(SIZE), 0, SIZE);
      assertThatThrownBy(staged::commit).isInstanceOf(Failure.ContentMismatch.class);
      assertThat(area().kept(name)).isEmpty();
    }
    assertThat(isStored(name)).isFalse();
    assertThat(area().resume(name)).isEmpty();
  }

  @Test
  void whatAnEarlierWriterLeftIsNotTrusted() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    suspendAt(name, random.next(SIZE), 1000);
    try (StagedBlob staged = area().resume(name).orElseThrow()) {
      write(staged, blob, 1000, SIZE);
      assertThatThrownBy(staged::commit).isInstanceOf(Failure.ContentMismatch.class);
    }
    assertThat(isStored(name)).isFalse();
    assertThat(area().kept(name)).isEmpty();
  }

  @Test
  void tooShortAndTooLongContentIsRefused() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area().begin(name)) {
      write(staged, blob, 0, SIZE - 1);
      assertThatThrownBy(staged::commit).isInstanceOf(Failure.ContentMismatch.class);
    }
    assertThat(area().kept(name)).isEmpty();
    suspendAt(name, blob, SIZE - 1);
    try (StagedBlob staged = area().resume(name).orElseThrow()) {
      assertThatThrownBy(() -> staged.write(ByteBuffer.allocate(2)))
          .isInstanceOf(Failure.ContentMismatch.class);
    }
    assertThat(isStored(name)).isFalse();
  }

  @Test
  void discardingForgetsWhatIsKept() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    suspendAt(name, blob, 1000);
    area().discard(name);
    assertThat(area().kept(name)).isEmpty();
    assertThat(area().resume(name)).isEmpty();
  }

  @Test
  void discardingLeavesLiveWritersAlone() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area().begin(name)) {
      write(staged, blob, 0, 1000);
      area().discard(name);
      write(staged, blob, 1000, SIZE);
      staged.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void uploadsThatNobodyContinuesAreGivenUpByTime() {
    ByteString blob = random.next(SIZE);
    ResourceName.Upload untouched = name(blob);
    ResourceName.Upload touched = name(blob);
    ResourceName.Upload fresh = name(blob);
    suspendAt(untouched, blob, 1000);
    suspendAt(touched, blob, 1000);
    clock().advance(Duration.ofHours(20));
    try (StagedBlob staged = area().resume(touched).orElseThrow()) {
      write(staged, blob, 1000, 2000);
      staged.suspend();
    }
    suspendAt(fresh, blob, 1000);
    clock().advance(Duration.ofHours(5));
    assertThat(area().discardUntouchedSince(clock().instant().minus(Duration.ofDays(1)))).isOne();
    assertThat(area().kept(untouched)).isEmpty();
    assertThat(area().resume(untouched)).isEmpty();
    assertThat(area().kept(touched)).hasValue(2000);
    assertThat(area().kept(fresh)).hasValue(1000);
    finish(touched, blob, 2000);
  }

  @Test
  void aSuspendedUploadGoesOnInAnotherProcess() throws Exception {
    assumeThat(isDurable()).isTrue();
    ByteString blob = random.next(SIZE);
    ResourceName.Upload name = name(blob);
    ResourceName.Upload stale = name(blob);
    suspendAt(stale, blob, 500);
    clock().advance(Duration.ofHours(25));
    suspendAt(name, blob, 100_000);
    reopen();
    assertThat(area().kept(name)).hasValue(100_000);
    assertThat(area().discardUntouchedSince(clock().instant().minus(Duration.ofDays(1)))).isOne();
    assertThat(area().kept(stale)).isEmpty();
    finish(name, blob, 100_000);
    assertThat(read(name)).isEqualTo(blob);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 300_001, 9_000_000})
  void anUploadGoesOnAfterItsProcessWasKilled(int size) throws Exception {
    assumeThat(isDurable()).isTrue();
    ByteString blob = random.next(size);
    ResourceName.Upload name = name(blob);
    write(area().begin(name), blob, 0, size / 2);
    reopen();
    try (StagedBlob staged = area().resume(name).orElseGet(() -> area().begin(name))) {
      int from = Math.toIntExact(staged.written());
      assertThat(from).isLessThanOrEqualTo(size / 2);
      write(staged, blob, from, size);
      staged.commit();
    }
    assertThat(read(name)).isEqualTo(blob);
  }

  @Test
  void whoTakeUploadsFromEachOtherMixNothing() throws Exception {
    long seed = System.nanoTime();
    System.out.println("StagingAreaContract seed " + seed);
    List<ByteString> blobs = new ArrayList<>();
    List<ResourceName.Upload> names = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      blobs.add(random.next(200_000 + i));
      names.add(name(blobs.getLast()));
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> callers = new ArrayList<>();
      for (int t = 0; t < 6; t++) {
        SplittableRandom choices = new SplittableRandom(seed + t);
        callers.add(
            threads.submit(() -> {
              for (int n = 0; n < 20; n++) {
                int which = choices.nextInt(names.size());
                callOnce(names.get(which), blobs.get(which), choices);
              }
            }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    }
    for (int i = 0; i < names.size(); i++) {
      if (isStored(names.get(i))) {
        assertThat(read(names.get(i))).isEqualTo(blobs.get(i));
      }
      try (StagedBlob staged = area().begin(names.get(i))) {
        write(staged, blobs.get(i), 0, blobs.get(i).size());
        staged.commit();
      }
      assertThat(read(names.get(i))).isEqualTo(blobs.get(i));
    }
  }

  private void callOnce(ResourceName.Upload name, ByteString blob, SplittableRandom choices) {
    try (StagedBlob staged =
        choices.nextInt(4) == 0
            ? area().begin(name)
            : area().resume(name).orElseGet(() -> area().begin(name))) {
      int from = Math.toIntExact(staged.written());
      int to = Math.min(blob.size(), from + choices.nextInt(100_000));
      for (int at = from; at < to; at += 10_000) {
        write(staged, blob, at, Math.min(to, at + 10_000));
      }
      if (to == blob.size()) {
        staged.commit();
      } else if (choices.nextInt(4) > 0) {
        staged.suspend();
      }
    } catch (Failure.Unavailable overtaken) {
      assertThat(overtaken).hasMessageNotContaining("null");
    }
  }

  private void suspendAt(ResourceName.Upload name, ByteString blob, int at) {
    try (StagedBlob staged = area().begin(name)) {
      write(staged, blob, 0, at);
      staged.suspend();
    }
  }

  private void finish(ResourceName.Upload name, ByteString blob, int from) {
    try (StagedBlob staged = area().resume(name).orElseThrow()) {
      assertThat(staged.written()).isEqualTo(from);
      write(staged, blob, from, blob.size());
      staged.commit();
    }
  }

  private static void write(StagedBlob staged, ByteString blob, int from, int to) {
    blob.substring(from, to).asReadOnlyByteBufferList().forEach(staged::write);
  }

  private static ByteString readBack(StagedBlob staged, long position, int length) {
    ByteBuffer target = ByteBuffer.allocate(length);
    int read = staged.read(position, target);
    assertThat(read).isEqualTo(target.position());
    return ByteString.copyFrom(target.flip());
  }

  private ByteString read(ResourceName.Upload name) {
    return Blobs.read(store(), name.instance(), name.digest(), Integer.MAX_VALUE);
  }

  private boolean isStored(ResourceName.Upload name) {
    return store().findMissing(name.instance(), Set.of(name.digest())).isEmpty();
  }

  private static ResourceName.Upload name(ByteString blob) {
    return name(DigestFunction.SHA256.digestOf(blob.toByteArray()));
  }

  private static ResourceName.Upload name(Digest digest) {
    return new ResourceName.Upload(INSTANCE, UUID.randomUUID(), Compressor.IDENTITY, digest);
  }
}
