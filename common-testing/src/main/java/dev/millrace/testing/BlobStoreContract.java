package dev.millrace.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link BlobStore} promises once it is put together as a service would: a back end that
 * takes bytes on trust is tested inside of a verifying one.
 */
public abstract class BlobStoreContract {

  private static final InstanceName INSTANCE = new InstanceName("team/project");
  private final RandomBlobs random = RandomBlobs.seeded();

  /** The store under test: the same one for the length of a test. */
  protected abstract BlobStore store();

  /** Whether blobs of a function are taken; a service may leave some to its operator. */
  protected boolean serves(DigestFunction function) {
    return true;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 4095, 4096, 65_536, 1_000_003, 5_000_000})
  void readsBackWhatWasWritten(int size) {
    ByteString blob = random.next(size);
    Digest digest = Blobs.write(store(), INSTANCE, DigestFunction.SHA256, blob);
    assertThat(Blobs.read(store(), INSTANCE, digest, size)).isEqualTo(blob);
  }

  @ParameterizedTest
  @EnumSource(DigestFunction.class)
  void storesBlobsOfEveryDigestFunction(DigestFunction function) {
    assumeThat(serves(function)).isTrue();
    ByteString blob = random.next(10_000);
    Digest digest = Blobs.write(store(), INSTANCE, function, blob);
    assertThat(Blobs.read(store(), INSTANCE, digest, 10_000)).isEqualTo(blob);
  }

  @Test
  void openOfAnAbsentBlobFails() {
    Digest digest = digest(random.next(10));
    assertThatThrownBy(() -> store().open(INSTANCE, digest))
        .isInstanceOfSatisfying(
            Failure.BlobAbsent.class, f -> assertThat(f.digest()).isEqualTo(digest));
  }

  @Test
  void findMissingReturnsOnlyAbsentDigests() {
    Digest present = Blobs.write(store(), INSTANCE, DigestFunction.SHA256, random.next(100));
    Digest absent = digest(random.next(100));
    assertThat(store().findMissing(INSTANCE, Set.of(present, absent))).containsExactly(absent);
    assertThat(store().findMissing(INSTANCE, Set.of())).isEmpty();
  }

  @Test
  void aBlobOfOneInstanceIsAbsentInAnother() {
    Digest digest = Blobs.write(store(), INSTANCE, DigestFunction.SHA256, random.next(100));
    InstanceName other = new InstanceName("other");
    assertThat(store().findMissing(other, Set.of(digest))).containsExactly(digest);
    assertThatThrownBy(() -> store().open(other, digest)).isInstanceOf(Failure.BlobAbsent.class);
    assertThat(store().readAll(other, Set.of(digest))).isEmpty();
  }

  @Test
  void theSameHashUnderAnotherSizeIsAnotherBlob() {
    Digest digest = Blobs.write(store(), INSTANCE, DigestFunction.SHA256, random.next(100));
    Digest longer = new Digest(digest.function(), digest.hash(), 101);
    assertThat(store().findMissing(INSTANCE, Set.of(longer))).containsExactly(longer);
  }

  @Test
  void nothingIsVisibleBeforeCommit() {
    ByteString blob = random.next(1000);
    Digest digest = digest(blob);
    try (BlobWriter writer = store().create(INSTANCE, digest)) {
      writer.write(blob.asReadOnlyByteBuffer());
      assertThat(writer.written()).isEqualTo(1000);
      assertThat(store().findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
      writer.commit();
    }
    assertThat(store().findMissing(INSTANCE, Set.of(digest))).isEmpty();
  }

  @Test
  void closingWithoutCommitLeavesNothing() {
    ByteString blob = random.next(1000);
    Digest digest = digest(blob);
    try (BlobWriter writer = store().create(INSTANCE, digest)) {
      writer.write(blob.asReadOnlyByteBuffer());
    }
    assertThat(store().findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
  }

  @Test
  void contentOfAnotherHashIsRefusedAndInvisible() {
    Digest digest = digest(random.next(1000));
    assertThatThrownBy(() -> Blobs.write(store(), INSTANCE, digest, random.next(1000)))
        .isInstanceOf(Failure.ContentMismatch.class);
    assertThat(store().findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
  }

  @Test
  void tooShortAndTooLongContentIsRefusedAndInvisible() {
    ByteString blob = random.next(1000);
    Digest digest = digest(blob);
    assertThatThrownBy(() -> Blobs.write(store(), INSTANCE, digest, blob.substring(0, 999)))
        .isInstanceOf(Failure.ContentMismatch.class);
    assertThatThrownBy(
            () -> Blobs.write(store(), INSTANCE, digest, blob.concat(ByteString.copyFromUtf8("x"))))
        .isInstanceOf(Failure.ContentMismatch.class);
    assertThat(store().findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
  }

  @Test
  void readsFromAnyPosition() {
    ByteString blob = random.next(300_000);
    Digest digest = Blobs.write(store(), INSTANCE, DigestFunction.SHA256, blob);
    try (BlobReader reader = store().open(INSTANCE, digest)) {
      for (int position : new int[] {0, 299_999, 1, 150_000, 65_536, 300_000}) {
        ByteBuffer target = ByteBuffer.allocate(1000);
        int length = reader.read(position, target);
        assertThat(length).isEqualTo(Math.min(1000, 300_000 - position));
        assertThat(ByteString.copyFrom(target.flip()))
            .isEqualTo(blob.substring(position, position + length));
      }
    }
  }

  @Test
  void twoWritersOfOneBlobBothSucceed() {
    ByteString blob = random.next(50_000);
    Digest digest = digest(blob);
    try (BlobWriter first = store().create(INSTANCE, digest);
        BlobWriter second = store().create(INSTANCE, digest)) {
      first.write(blob.asReadOnlyByteBuffer());
      second.write(blob.asReadOnlyByteBuffer());
      second.commit();
      first.commit();
    }
    assertThat(Blobs.read(store(), INSTANCE, digest, 50_000)).isEqualTo(blob);
  }

  @Test
  void batchesAreWrittenAndRead() {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    for (int i = 0; i < 50; i++) {
      ByteString blob = random.next(i * 37 + 1);
      blobs.put(digest(blob), blob);
    }
    assertThat(store().writeAll(INSTANCE, blobs)).isEmpty();
    assertThat(store().readAll(INSTANCE, blobs.keySet())).isEqualTo(blobs);
  }

  @Test
  void aBatchReportsFailuresPerBlobAndStoresTheRest() {
    ByteString good = random.next(100);
    Digest wrong = digest(random.next(100));
    Map<Digest, Failure> failures =
        store().writeAll(INSTANCE, Map.of(digest(good), good, wrong, random.next(100)));
    assertThat(failures).containsOnlyKeys(wrong);
    assertThat(failures.get(wrong)).isInstanceOf(Failure.ContentMismatch.class);
    assertThat(store().readAll(INSTANCE, Set.of(digest(good), wrong)))
        .isEqualTo(Map.of(digest(good), good));
  }

  @Test
  void writesAndReadsOfManyThreadsDoNotMix() throws Exception {
    List<ByteString> blobs = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      blobs.add(random.next(20_000 + i));
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Digest>> writes = new ArrayList<>();
      for (ByteString blob : blobs) {
        writes.add(() -> Blobs.write(store(), INSTANCE, DigestFunction.SHA256, blob));
        writes.add(() -> Blobs.write(store(), INSTANCE, DigestFunction.SHA256, blob));
      }
      List<Future<Digest>> digests = threads.invokeAll(writes);
      for (int i = 0; i < digests.size(); i++) {
        assertThat(Blobs.read(store(), INSTANCE, digests.get(i).get(), 30_000))
            .isEqualTo(blobs.get(i / 2));
      }
    }
  }

  private static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }
}
