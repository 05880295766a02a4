package dev.millrace.worker.filecache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCacheTest {

  @TempDir Path directory;
  FileCache cache;
  final RandomBlobs random = RandomBlobs.seeded();

  @BeforeEach
  void open() throws IOException {
    cache = FileCache.open(directory.resolve("cache"), 1000);
  }

  @Test
  void whatWasFilledCanBePlacedAgainWithoutFetching() throws IOException {
    ByteString blob = random.next(100);
    fill(blob);

    Path target = directory.resolve("target");
    try (Reservation reservation = cache.reserve(List.of(plain(blob)))) {
      assertThat(reservation.owed()).isEmpty();
      assertThat(reservation.place(plain(blob), List.of(target), Placement.HARD_LINK)).isPresent();
    }

    assertThat(target).hasBinaryContent(blob.toByteArray());
    assertThat(Files.getPosixFilePermissions(target))
        .isEqualTo(PosixFilePermissions.fromString("r--r--r--"));
  }

  @Test
  void aBlobThatIsUsedBothWaysIsTwoFiles() throws IOException {
    ByteString blob = random.next(100);
    fill(blob);
    CachedContent executable =
        new CachedContent(Shelf.of(InstanceName.ROOT), plain(blob).digest(), true);

    try (Reservation reservation = cache.reserve(List.of(executable))) {
      assertThat(reservation.owed()).containsExactly(executable);
      reservation.fill(executable, blob);
      Path target = directory.resolve("target");
      reservation.place(executable, List.of(target), Placement.HARD_LINK);
      assertThat(Files.isExecutable(target)).isTrue();
    }
  }

  @Test
  void contentThatIsNotWhatItsDigestSaysIsRefused() {
    ByteString blob = random.next(100);

    try (Reservation reservation = cache.reserve(List.of(plain(blob)))) {
      assertThatThrownBy(() -> reservation.fill(plain(blob), random.next(100)))
          .isInstanceOf(Failure.Corrupt.class);
      assertThatThrownBy(() -> reservation.fill(plain(blob), blob.substring(1)))
          .isInstanceOf(Failure.Corrupt.class);
    }

    assertThat(owes(plain(blob))).isTrue();
    assertThat(directory.resolve("cache/incoming")).isEmptyDirectory();
  }

  @Test
  void aBlobIsReadInPieces() {
    ByteString blob = random.next(900);
    MemoryBlobStore store = new MemoryBlobStore();
    var digest =
        dev.millrace.blobstore.Blobs.write(store, InstanceName.ROOT, DigestFunction.SHA256, blob);

    try (Reservation reservation = cache.reserve(List.of(plain(blob)));
        var reader = store.open(InstanceName.ROOT, digest)) {
      reservation.fill(plain(blob), reader);
    }

    assertThat(owes(plain(blob))).isFalse();
  }

  @Test
  void theLeastRecentlyUsedFilesGoFirst() {
    List<ByteString> blobs = Stream.generate(() -> random.next(300)).limit(4).toList();
    fill(blobs.get(0));
    fill(blobs.get(1));
    fill(blobs.get(2));
    assertThat(owes(plain(blobs.get(0)))).isFalse();

    fill(blobs.get(3));

    assertThat(blobs.stream().map(b -> owes(plain(b)))).containsExactly(false, true, false, false);
    assertThat(cache.bytes()).isEqualTo(900);
    assertThat(filesOnDisk()).hasSize(3);
  }

  @Test
  void aPinnedFileStaysHoweverMuchComes() {
    ByteString pinned = random.next(600);
    fill(pinned);
    try (Reservation reservation = cache.reserve(List.of(plain(pinned)))) {
      fill(random.next(600));
      fill(random.next(600));
      assertThat(
              reservation.place(
                  plain(pinned), List.of(directory.resolve("target")), Placement.COPY))
          .isPresent();
    }

    assertThat(cache.bytes()).isLessThanOrEqualTo(1000);
  }

  @Test
  void whatOneIsFetchingOthersWaitFor() throws Exception {
    ByteString blob = random.next(100);
    Reservation first = cache.reserve(List.of(plain(blob)));
    CompletableFuture<Void> arrival;
    try (Reservation second = cache.reserve(List.of(plain(blob)))) {
      assertThat(second.owed()).isEmpty();
      arrival = second.expected().get(plain(blob));
    }
    assertThat(arrival).isNotDone();

    first.fill(plain(blob), blob);
    first.close();

    arrival.get(1, TimeUnit.SECONDS);
    assertThat(owes(plain(blob))).isFalse();
  }

  @Test
  void aFetchThatIsGivenUpIsTakenOver() throws Exception {
    ByteString blob = random.next(100);
    Reservation first = cache.reserve(List.of(plain(blob)));
    CompletableFuture<Void> arrival;
    try (Reservation second = cache.reserve(List.of(plain(blob)))) {
      arrival = second.expected().get(plain(blob));
    }

    first.close();

    arrival.get(1, TimeUnit.SECONDS);
    assertThat(owes(plain(blob))).isTrue();
  }

  @Test
  void aFileThatWasWrittenToIsDroppedInsteadOfPlaced() throws IOException {
    ByteString blob = random.next(100);
    fill(blob);
    Path file = filesOnDisk().getFirst();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.write(file, random.next(100).toByteArray());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));

    try (Reservation reservation = cache.reserve(List.of(plain(blob)))) {
      Path target = directory.resolve("target");
      assertThat(reservation.place(plain(blob), List.of(target), Placement.HARD_LINK)).isEmpty();
      assertThat(target).doesNotExist();
    }

    assertThat(owes(plain(blob))).isTrue();
    assertThat(filesOnDisk()).isEmpty();
  }

  @Test
  void filesAreKeptFromOneProcessToTheNext() throws IOException {
    ByteString kept = random.next(100);
    ByteString writtenTo = random.next(100);
    fill(kept);
    fill(writtenTo);
    for (Path file : filesOnDisk()) {
      if (file.getFileName().toString().contains(plain(writtenTo).digest().hash())) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      }
    }
    Files.writeString(directory.resolve("cache/incoming/7"), "half a file");

    cache = FileCache.open(directory.resolve("cache"), 1000);

    assertThat(owes(plain(kept))).isFalse();
    assertThat(owes(plain(writtenTo))).isTrue();
    assertThat(directory.resolve("cache/incoming")).isEmptyDirectory();
    fill(random.next(50));
    assertThat(cache.bytes()).isEqualTo(150);
  }

  @Test
  void nothingIsKeptOverARestartOfTheMachine() throws IOException {
    ByteString blob = random.next(100);
    fill(blob);
    Files.writeString(directory.resolve("cache/boot-id"), "another boot");

    cache = FileCache.open(directory.resolve("cache"), 1000);

    assertThat(owes(plain(blob))).isTrue();
    assertThat(filesOnDisk()).isEmpty();
  }

  @Test
  void aFileWithAsManyLinksAsTheFileSystemAllowsIsCopied() {
    ByteString blob = random.next(10);
    fill(blob);
    List<Path> targets =
        Stream.iterate(0, i -> i + 1).limit(66_000).map(i -> directory.resolve("l" + i)).toList();

    try (Reservation reservation = cache.reserve(Set.of(plain(blob)))) {
      assertThat(reservation.place(plain(blob), targets, Placement.HARD_LINK)).isPresent();
    }

    assertThat(targets.getLast()).hasBinaryContent(blob.toByteArray());
  }

  private void fill(ByteString blob) {
    try (Reservation reservation = cache.reserve(List.of(plain(blob)))) {
      reservation.fill(plain(blob), blob);
    }
  }

  private boolean owes(CachedContent content) {
    try (Reservation reservation = cache.reserve(List.of(content))) {
      return reservation.owed().contains(content);
    }
  }

  private List<Path> filesOnDisk() {
    try (Stream<Path> files = Files.walk(directory.resolve("cache/files"))) {
      return files.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static CachedContent plain(ByteString blob) {
    return new CachedContent(
        Shelf.of(InstanceName.ROOT), DigestFunction.SHA256.digestOf(blob.toByteArray()), false);
  }
}
