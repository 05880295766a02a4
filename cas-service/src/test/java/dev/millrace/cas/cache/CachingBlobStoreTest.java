package dev.millrace.cas.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.Blobs;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.DiskProperties;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the cache adds to a store: one fetch, and no way in which a copy can do harm. */
@Timeout(30)
final class CachingBlobStoreTest {

  private static final InstanceName TEAM = new InstanceName("team");
  private static final int SIZE = 1_000_003;
  private static final int INLINE = 1000;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final WatchedBlobStore delegate = new WatchedBlobStore();
  private final ByteString blob = random.next(SIZE);
  private final Digest digest = Blobs.write(delegate, TEAM, DigestFunction.SHA256, blob);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @TempDir Path directory;
  private DiskBlobStore disk;
  private CachingBlobStore store;

  @BeforeEach
  void open() {
    DiskProperties properties =
        DiskProperties.of(directory, 32 << 20)
            .withBlockBytes(2 << 20)
            .withIndexEntries(1 << 10)
            .withSynchronous(false);
    disk = DiskBlobStore.open(properties);
    store = new CachingBlobStore(delegate, disk, new CacheLimits(INLINE + 1, 4 << 20, 256 << 10));
  }

  @AfterEach
  void nothingIsLeftBehind() {
    threads.close();
    assertThat(delegate.openNow).hasValue(0);
    assertThat(store.fetching()).isZero();
    disk.close();
  }

  private ByteString read() {
    return Blobs.read(store, TEAM, digest, SIZE);
  }

  private void assertReads(BlobReader reader, int position, int length) {
    ByteBuffer target = ByteBuffer.allocate(length);
    assertThat(reader.read(position, target)).isEqualTo(length);
    assertThat(ByteString.copyFrom(target.flip()))
        .isEqualTo(blob.substring(position, position + length));
  }

  @Test
  void aBlobIsFetchedOnceAndThenReadLocally() {
    for (int i = 0; i < 3; i++) {
      assertThat(read()).isEqualTo(blob);
    }
    assertThat(delegate.bytesRead).hasValue(SIZE);
  }

  @Test
  void eachOpenIsOneLookUpOfTheDelegateAndNothingElse() {
    read();
    read();
    assertThat(delegate.opens).hasValue(2);
    assertThat(delegate.lookUps).hasValue(0);
  }

  @Test
  void aBlobThatTheDelegateDroppedIsAbsentInSpiteOfItsCopy() {
    read();
    delegate.memory.drop(TEAM, digest);
    assertThatThrownBy(this::read).isInstanceOf(Failure.BlobAbsent.class);
    assertThat(store.readAll(TEAM, Set.of(digest))).isEmpty();
    assertThat(store.findMissing(TEAM, Set.of(digest))).containsExactly(digest);
  }

  @Test
  void aCopyOfOneInstanceIsNoneOfAnother() {
    read();
    InstanceName other = new InstanceName("other");
    assertThatThrownBy(() -> store.open(other, digest)).isInstanceOf(Failure.BlobAbsent.class);
    assertThat(store.readAll(other, Set.of(digest))).isEmpty();
  }

  @Test
  void manyReadersAtOnceFetchEachByteOnce() throws Exception {
    int readers = 16;
    CyclicBarrier start = new CyclicBarrier(readers);
    List<Callable<ByteString>> reads = new ArrayList<>();
    for (int i = 0; i < readers; i++) {
      int piece = 1000 + i * 30_011;
      reads.add(() -> {
        start.await();
        return readInPieces(piece);
      });
    }
    for (Future<ByteString> read : threads.invokeAll(reads)) {
      assertThat(read.get()).isEqualTo(blob);
    }
    assertThat(delegate.bytesRead).hasValue(SIZE);
    assertThat(delegate.readersThatRead).hasValue(1);
  }

  private ByteString readInPieces(int piece) {
    ByteBuffer all = ByteBuffer.allocate(SIZE);
    try (BlobReader reader = store.open(TEAM, digest)) {
      while (all.hasRemaining()) {
        ByteBuffer target = ByteBuffer.allocate(Math.min(piece, all.remaining()));
        reader.read(all.position(), target);
        all.put(target.flip());
      }
    }
    return ByteString.copyFrom(all.flip());
  }

  @Test
  void aSlowReaderDoesNotSlowOthersAndStillCausesNoSecondFetch() {
    try (BlobReader slow = store.open(TEAM, digest)) {
      assertReads(slow, 0, 70_000);
      assertThat(read()).isEqualTo(blob);
      assertReads(slow, 70_000, SIZE - 70_000);
    }
    assertThat(delegate.bytesRead).hasValue(SIZE);
  }

  @Test
  void oneWhoComesLateReadsWhatIsThereAndThenAlong() {
    try (BlobReader first = store.open(TEAM, digest)) {
      assertReads(first, 0, 500_000);
      try (BlobReader late = store.open(TEAM, digest)) {
        assertReads(late, 0, 300_000);
        assertReads(late, 123_456, SIZE - 123_456);
      }
      assertReads(first, 500_000, SIZE - 500_000);
    }
    assertThat(delegate.bytesRead).hasValue(SIZE);
  }

  @Test
  void whoeverGoesAwayIsFollowedByTheNextWithoutAnotherFetch() {
    try (BlobReader second = store.open(TEAM, digest)) {
      try (BlobReader first = store.open(TEAM, digest)) {
        assertReads(first, 0, 300_000);
        assertReads(second, 0, 100);
      }
      assertReads(second, 0, SIZE);
    }
    assertThat(delegate.bytesRead).hasValue(SIZE);
    assertThat(delegate.readersThatRead).hasValue(1);
    assertThat(read()).isEqualTo(blob);
    assertThat(delegate.bytesRead).hasValue(SIZE);
  }

  @Test
  void whoseSourceFailsIsFollowedByTheNext() {
    delegate.beforeRead = failing(1);
    try (BlobReader first = store.open(TEAM, digest);
        BlobReader second = store.open(TEAM, digest)) {
      assertReads(first, 0, 300_000);
      assertReads(second, 0, 100);
      assertThatThrownBy(() -> first.read(300_000, ByteBuffer.allocate(500_000)))
          .isInstanceOf(Failure.Unavailable.class);
      assertReads(second, 0, SIZE);
    }
    assertThat(delegate.bytesRead.get()).isBetween((long) SIZE, SIZE + 64L * 1024);
  }

  @Test
  void oneReaderDoesNotSeeThatAnothersSourceFails() {
    delegate.beforeRead = failing(1);
    try (BlobReader first = store.open(TEAM, digest);
        BlobReader second = store.open(TEAM, digest)) {
      assertReads(first, 0, 300_000);
      assertReads(second, 0, SIZE);
      assertReads(first, 300_000, SIZE - 300_000);
    }
  }

  @Test
  void aSourceThatItsReaderLeftBehindMayFailToo() {
    delegate.beforeRead = failing(2);
    try (BlobReader stays = store.open(TEAM, digest)) {
      try (BlobReader leaves = store.open(TEAM, digest)) {
        assertReads(leaves, 0, 200_000);
        assertReads(stays, 0, 100);
      }
      for (int at = 0; at < 1_000_000; at += 100_000) {
        assertReads(stays, at, 100_000);
      }
    }
    assertThat(delegate.readersThatRead).hasValue(2);
  }

  private static WatchedBlobStore.BeforeRead failing(int failing) {
    return (reader, position) -> {
      if (reader == failing && position > 300_000) {
        throw new Failure.Unavailable("the test says so", null);
      }
    };
  }

  @Test
  void aRangeFarAheadDoesNotWaitForWhatIsBeforeIt() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    delegate.beforeRead =
        (reader, position) -> {
          if (reader == 1) {
            stuck.countDown();
            awaitUnchecked(go);
          }
        };
    Future<ByteString> first = threads.submit(() -> read());
    stuck.await();
    try (BlobReader far = store.open(TEAM, digest)) {
      assertReads(far, 900_000, 50_000);
    }
    go.countDown();
    assertThat(first.get()).isEqualTo(blob);
    assertThat(delegate.bytesRead).hasValue(SIZE + 50_000);
  }

  @Test
  void aReaderMayJumpAheadAndLeaveTheFetchToOthers() {
    try (BlobReader first = store.open(TEAM, digest);
        BlobReader second = store.open(TEAM, digest)) {
      assertReads(first, 0, 100_000);
      assertReads(second, 0, 10);
      assertReads(first, 900_000, 1000);
      assertReads(second, 0, SIZE);
      assertReads(first, 10, 1000);
    }
    assertThat(read()).isEqualTo(blob);
  }

  @Test
  void aBlobBeyondItsShareIsPassedThrough() {
    ByteString huge = random.next(5_000_000);
    Digest name = Blobs.write(delegate, TEAM, DigestFunction.SHA256, huge);
    for (int i = 0; i < 2; i++) {
      assertThat(Blobs.read(store, TEAM, name, 5_000_000)).isEqualTo(huge);
    }
    assertThat(delegate.bytesRead).hasValue(10_000_000);
  }

  @Test
  void aBlobThatComesWithItsIndexRowIsNotCopied() {
    ByteString small = random.next(INLINE);
    Digest name = Blobs.write(delegate, TEAM, DigestFunction.SHA256, small);
    assertThat(Blobs.read(store, TEAM, name, INLINE)).isEqualTo(small);
    assertThat(store.readAll(TEAM, Set.of(name))).containsEntry(name, small);
    assertThat(disk.findMissing(TEAM, Set.of(Chunks.stored(name)))).isNotEmpty();
  }

  @Test
  void noDamagedByteIsServedAndTheCopyIsReplaced() throws IOException {
    read();
    flipBytes(400_000, 1);
    assertThat(read()).isEqualTo(blob);
    assertThat(read()).isEqualTo(blob);
    assertThat(delegate.bytesRead).hasValue(2 * SIZE);
  }

  @Test
  void partsOfADamagedCopyAreCheckedToo() throws IOException {
    read();
    flipBytes(400_000, 1);
    try (BlobReader reader = store.open(TEAM, digest)) {
      assertReads(reader, 10, 1000);
      assertReads(reader, 399_000, 3000);
      assertReads(reader, 999_999, 4);
    }
    assertThat(disk.findMissing(TEAM, Set.of(Chunks.stored(digest)))).isNotEmpty();
  }

  @Test
  void aBatchGoesPastADamagedCopy() throws IOException {
    read();
    flipBytes(400_000, 1);
    assertThat(store.readAll(TEAM, Set.of(digest))).containsEntry(digest, blob);
    long fetched = delegate.bytesRead.get();
    assertThat(store.readAll(TEAM, Set.of(digest))).containsEntry(digest, blob);
    assertThat(delegate.bytesRead).hasValue(fetched);
  }

  private void flipBytes(int at, int count) throws IOException {
    byte[] wanted = blob.substring(at, at + 64).toByteArray();
    try (Stream<Path> files = Files.list(directory.resolve("blocks"))) {
      for (Path file : files.toList()) {
        ByteString content = ByteString.copyFrom(Files.readAllBytes(file));
        int found = indexOf(content.toByteArray(), wanted);
        if (found >= 0) {
          try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek(found);
            for (int i = 0; i < count; i++) {
              opened.write(wanted[i] ^ 0x40);
            }
          }
          return;
        }
      }
    }
    throw new AssertionError("the copy is in no block");
  }

  private static int indexOf(byte[] content, byte[] wanted) {
    for (int i = 0; i + wanted.length <= content.length; i++) {
      if (Arrays.equals(content, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void withoutRoomForACopyTheDelegateServes() {
    List<BlobReader> slow = new ArrayList<>();
    List<ByteString> blobs = new ArrayList<>();
    // Each claims room for 3 MB of a cache that grants 8 MB at once.
    for (int i = 0; i < 5; i++) {
      blobs.add(random.next(3_000_000));
      Digest name = Blobs.write(delegate, TEAM, DigestFunction.SHA256, blobs.get(i));
      slow.add(store.open(TEAM, name));
      slow.get(i).read(0, ByteBuffer.allocate(1000));
    }
    for (int i = 0; i < 5; i++) {
      ByteBuffer all = ByteBuffer.allocate(3_000_000);
      slow.get(i).read(0, all);
      assertThat(ByteString.copyFrom(all.flip())).isEqualTo(blobs.get(i));
    }
    slow.forEach(BlobReader::close);
  }

  @Test
  void aBrokenDiskCostsNothingButSpeed() {
    try (BlobReader begun = store.open(TEAM, digest)) {
      assertReads(begun, 0, 100_000);
      disk.close();
      assertReads(begun, 50_000, SIZE - 50_000);
    }
    assertThat(read()).isEqualTo(blob);
    assertThat(store.readAll(TEAM, Set.of(digest))).containsEntry(digest, blob);
    ByteString other = random.next(5000);
    Digest name = DigestFunction.SHA256.digestOf(other.toByteArray());
    assertThat(store.writeAll(TEAM, Map.of(name, other))).isEmpty();
    assertThat(store.readAll(TEAM, Set.of(name))).containsEntry(name, other);
  }

  @Test
  void bytesOfAnotherHashAreReportedAndNotCopied() {
    Digest wrong = DigestFunction.SHA256.digestOf(random.next(SIZE).toByteArray());
    Digest name = new Digest(wrong.function(), wrong.hash(), SIZE);
    Blobs.write(delegate, TEAM, name, blob);
    assertThatThrownBy(() -> Blobs.read(store, TEAM, name, SIZE))
        .isInstanceOf(Failure.Corrupt.class);
    assertThatThrownBy(() -> store.readAll(TEAM, Set.of(name))).isInstanceOf(Failure.Corrupt.class);
    assertThat(disk.findMissing(TEAM, Set.of(Chunks.stored(name)))).isNotEmpty();
  }

  @Test
  void batchesThatAskForTheSameFetchItOnce() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    delegate.beforeRead =
        (reader, position) -> {
          stuck.countDown();
          awaitUnchecked(go);
        };
    Future<Map<Digest, ByteString>> first =
        threads.submit(() -> store.readAll(TEAM, Set.of(digest)));
    stuck.await();
    List<Future<Map<Digest, ByteString>>> others = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      others.add(threads.submit(() -> store.readAll(TEAM, Set.of(digest))));
    }
    go.countDown();
    assertThat(first.get()).containsEntry(digest, blob);
    for (Future<Map<Digest, ByteString>> other : others) {
      assertThat(other.get()).containsEntry(digest, blob);
    }
    assertThat(delegate.bytesRead).hasValue(SIZE);
  }

  @Test
  void aBatchThatFailsDoesNotFailTheOthers() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    delegate.beforeRead =
        (reader, position) -> {
          if (delegate.batches.get() == 1) {
            stuck.countDown();
            awaitUnchecked(go);
            throw new Failure.Unavailable("the test says so", null);
          }
        };
    Future<Map<Digest, ByteString>> first =
        threads.submit(() -> store.readAll(TEAM, Set.of(digest)));
    stuck.await();
    Future<Map<Digest, ByteString>> second =
        threads.submit(() -> store.readAll(TEAM, Set.of(digest)));
    go.countDown();
    assertThatThrownBy(first::get).hasCauseInstanceOf(Failure.Unavailable.class);
    assertThat(second.get()).containsEntry(digest, blob);
  }

  @Test
  void aBatchFromCopiesIsOneLookUp() {
    read();
    assertThat(store.readAll(TEAM, Set.of(digest))).containsEntry(digest, blob);
    assertThat(delegate.lookUps).hasValue(1);
    assertThat(delegate.batches).hasValue(0);
  }

  @Test
  void whatABatchWroteIsReadLocally() {
    ByteString other = random.next(50_000);
    Digest name = DigestFunction.SHA256.digestOf(other.toByteArray());
    assertThat(store.writeAll(TEAM, Map.of(name, other))).isEmpty();
    assertThat(Blobs.read(store, TEAM, name, 50_000)).isEqualTo(other);
    assertThat(delegate.bytesRead).hasValue(0);
  }

  @Test
  void copiesSurviveARestart() {
    read();
    disk.close();
    open();
    assertThat(read()).isEqualTo(blob);
    assertThat(delegate.bytesRead).hasValue(SIZE);
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
