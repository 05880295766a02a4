package dev.millrace.cas.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the disk's store promises beyond the contract: bounds, rotation, restarts. */
final class DiskBlobStoreTest {

  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  private final long seed = System.nanoTime();
  private final NumberedBlobs small = new NumberedBlobs(seed, 1, 8 * KIB);
  private final NumberedBlobs large = new NumberedBlobs(seed + 1, 100 * KIB, 200 * KIB);

  @TempDir Path directory;
  private DiskProperties properties;
  private DiskBlobStore store;

  @BeforeEach
  void open() {
    System.out.println("DiskBlobStoreTest seed " + seed);
    properties =
        DiskProperties.of(directory, 16 * MIB).withBlockBytes(MIB).withIndexEntries(1 << 14);
    store = DiskBlobStore.open(properties);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void reopen() {
    store.close();
    store = DiskBlobStore.open(properties);
  }

  @Test
  void aRestartKeepsBlobsAndReadsNone() {
    for (int round = 0; round < 3; round++) {
      for (long i = round * 100; i < round * 100 + 100; i++) {
        small.write(store, i);
      }
      large.write(store, round);
      reopen();
      assertThat(store.replayed()).isZero();
    }
    assertThat(LongStream.range(0, 300)).allMatch(i -> small.isSound(store, i));
    assertThat(LongStream.range(0, 3)).allMatch(i -> large.isSound(store, i));
  }

  @Test
  void manySmallBlobsMakeNoStartSlower() {
    store.close();
    properties = DiskProperties.of(directory.resolve("many"), 1L << 30).withSynchronous(false);
    store = DiskBlobStore.open(properties);
    NumberedBlobs tiny = new NumberedBlobs(seed, 16, 64);
    for (int batch = 0; batch < 200; batch++) {
      Map<Digest, ByteString> blobs = new LinkedHashMap<>();
      for (int i = 0; i < 1000; i++) {
        long number = batch * 1000L + i;
        blobs.put(tiny.digest(number), tiny.content(number));
      }
      assertThat(store.writeAll(NumberedBlobs.INSTANCE, blobs)).isEmpty();
    }
    reopen();
    assertThat(store.replayed()).isZero();
    assertThat(LongStream.range(0, 200)).allMatch(i -> tiny.isSound(store, i * 1000));
  }

  @Test
  void theOldestBlobsMakeRoomAndTheCapacityIsKept() throws IOException {
    for (long i = 0; i < 300; i++) {
      large.write(store, i);
      assertThat(store.footprint()).isLessThanOrEqualTo(16 * MIB);
      assertThat(bytesOfBlocks()).isLessThanOrEqualTo(16 * MIB);
    }
    assertThat(large.isPresent(store, 0)).isFalse();
    assertThat(LongStream.range(250, 300)).allMatch(i -> large.isSound(store, i));
    reopen();
    assertThat(LongStream.range(250, 300)).allMatch(i -> large.isSound(store, i));
    assertThat(bytesOfBlocks()).isLessThanOrEqualTo(16 * MIB);
  }

  private long bytesOfBlocks() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("blocks"))) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  @Test
  void whatIsUsedSurvivesRotation() {
    small.write(store, 1);
    small.write(store, 2);
    large.write(store, 1_000_000);
    for (long i = 0; i < 500; i++) {
      large.write(store, i);
      assertThat(small.isPresent(store, 1)).isTrue();
      assertThat(small.isSound(store, 2)).isTrue();
      assertThat(large.isPresent(store, 1_000_000)).isTrue();
    }
    assertThat(small.isSound(store, 1)).isTrue();
    assertThat(large.isSound(store, 1_000_000)).isTrue();
    // Once for every quarter of the ring or so that goes by, rather than at every use.
    assertThat(store.refreshed()).isBetween(9L, 40L);
  }

  @Test
  void aReaderKeepsReadingWhatHasBeenDropped() {
    Digest digest = large.write(store, 7);
    try (BlobReader reader = store.open(NumberedBlobs.INSTANCE, digest)) {
      for (long i = 100; i < 300; i++) {
        large.write(store, i);
      }
      assertThat(large.isPresent(store, 7)).isFalse();
      ByteBuffer target = ByteBuffer.allocate((int) digest.sizeBytes());
      assertThat(reader.read(0, target)).isEqualTo(target.capacity());
      assertThat(ByteString.copyFrom(target.flip())).isEqualTo(large.content(7));
    }
  }

  @Test
  void aWriterWhoseBlockIsDroppedFailsAsUnavailable() {
    ByteString content = large.content(7);
    Digest digest = large.digest(7);
    try (BlobWriter writer = store.create(NumberedBlobs.INSTANCE, digest)) {
      writer.write(content.substring(0, 1000).asReadOnlyByteBuffer());
      for (long i = 100; i < 300; i++) {
        large.write(store, i);
      }
      assertThatThrownBy(() -> writer.write(content.substring(1000).asReadOnlyByteBuffer()))
          .isInstanceOf(Failure.Unavailable.class);
    }
    large.write(store, 7);
    assertThat(large.isSound(store, 7)).isTrue();
  }

  @Test
  void aBlobLargerThanABlockHasOneOfItsOwn() {
    NumberedBlobs huge = new NumberedBlobs(seed, 5 * MIB, 6 * MIB);
    huge.write(store, 1);
    small.write(store, 1);
    assertThat(huge.isSound(store, 1)).isTrue();
    reopen();
    assertThat(huge.isSound(store, 1)).isTrue();
    assertThat(small.isSound(store, 1)).isTrue();
  }

  @Test
  void aBlobOfMoreThanHalfTheCapacityIsRefused() {
    Digest digest = new Digest(DigestFunction.SHA256, "a".repeat(64), 8 * MIB);
    assertThatThrownBy(() -> store.create(NumberedBlobs.INSTANCE, digest))
        .isInstanceOf(Failure.Exhausted.class)
        .hasMessageContaining("larger than");
  }

  @Test
  void claimsOfWritersWhoSendNothingAreBoundedAndPushNothingOut() {
    large.write(store, 1);
    List<BlobWriter> writers = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              for (long i = 0; i < 1000; i++) {
                writers.add(store.create(NumberedBlobs.INSTANCE, large.digest(1000 + i)));
              }
            })
        .isInstanceOf(Failure.Exhausted.class);
    assertThat(writers).hasSizeBetween(20, 41);
    writers.forEach(BlobWriter::close);
    for (long i = 0; i < 1000; i++) {
      store.create(NumberedBlobs.INSTANCE, large.digest(2000 + i)).close();
    }
    assertThat(large.isSound(store, 1)).isTrue();
    assertThat(store.refreshed()).isZero();
  }

  @Test
  void aFullIndexForgetsTheOldestAndServesTheRest() {
    store.close();
    properties = properties.withIndexEntries(256);
    store = DiskBlobStore.open(properties);
    NumberedBlobs tiny = new NumberedBlobs(seed, 2000, 4000);
    for (long i = 0; i < 2000; i++) {
      tiny.write(store, i);
      assertThat(tiny.isSound(store, i)).isTrue();
    }
    assertThat(store.displaced()).isPositive();
    assertThat(LongStream.range(0, 2000).filter(i -> tiny.isSound(store, i)).count())
        .isBetween(128L, 256L);
  }

  @Test
  void aSecondStoreOfTheSameDirectoryIsRefused() {
    assertThatThrownBy(() -> DiskBlobStore.open(properties))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in use");
    small.write(store, 1);
    reopen();
    assertThat(small.isSound(store, 1)).isTrue();
  }

  @Test
  void aClosedStoreIsUnavailableRatherThanEmpty() {
    Digest digest = small.write(store, 1);
    store.close();
    assertThatThrownBy(() -> store.open(NumberedBlobs.INSTANCE, digest))
        .isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> small.isPresent(store, 2)).isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> small.write(store, 3)).isInstanceOf(Failure.Unavailable.class);
  }

  @Test
  void anInterruptedCallDisturbsNoOther() throws Exception {
    Digest digest = large.write(store, 1);
    try (BlobReader reader = store.open(NumberedBlobs.INSTANCE, digest);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> interrupted =
          threads.submit(() -> {
            Thread.currentThread().interrupt();
            small.write(store, 5);
            return large.isSound(store, 1) && Thread.interrupted();
          });
      assertThat(interrupted.get()).isTrue();
      ByteBuffer target = ByteBuffer.allocate((int) digest.sizeBytes());
      assertThat(reader.read(0, target)).isEqualTo(target.capacity());
    }
    assertThat(small.isSound(store, 5)).isTrue();
  }

  @Test
  void manyThreadsWriteReadAndRotateAtOnce() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        long first = t * 1_000L;
        all.add(
            threads.submit(() -> {
              for (long i = first; i < first + 150; i++) {
                NumberedBlobs blobs = i % 3 == 0 ? large : small;
                blobs.write(store, i);
                // Others may have pushed it out; what is served must be right.
                blobs.isSound(store, i);
                small.isSound(store, (i * 31) % 8_000);
              }
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(store.footprint()).isLessThanOrEqualTo(16 * MIB);
  }
}
