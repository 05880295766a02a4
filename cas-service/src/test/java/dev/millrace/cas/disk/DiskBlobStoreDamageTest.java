package dev.millrace.cas.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files: a store opens on whatever is there, and serves no wrong byte. */
final class DiskBlobStoreDamageTest {

  private static final int BLOBS = 60;

  private final long seed = System.nanoTime();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final NumberedBlobs blobs = new NumberedBlobs(seed, 1, 90_000);

  @TempDir Path directory;

  @BeforeEach
  void printSeed() {
    System.out.println("DiskBlobStoreDamageTest seed " + seed);
  }

  private DiskProperties properties(Path where) {
    return DiskProperties.of(where, 16 << 20).withBlockBytes(1 << 20).withIndexEntries(256);
  }

  /** A store with all blobs, ended cleanly or as it stands after a checkpoint half-way. */
  private Path filled(boolean clean) throws IOException {
    Path original = directory.resolve("original");
    Path copy = directory.resolve("copy");
    try (DiskBlobStore store = DiskBlobStore.open(properties(original))) {
      for (long i = 0; i < BLOBS; i++) {
        blobs.write(store, i);
        if (i == BLOBS / 2) {
          store.checkpoint();
        }
      }
      copy(original, copy);
    }
    return clean ? original : copy;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.toList()) {
        Path target = to.resolve(from.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private long sound(DiskBlobStore store) {
    return LongStream.range(0, BLOBS).filter(i -> blobs.isSound(store, i)).count();
  }

  @Test
  void flippedBytesAreNeverServed() throws IOException {
    for (boolean clean : new boolean[] {true, false}) {
      Path whole = filled(clean);
      for (int round = 0; round < 40; round++) {
        Path damaged = directory.resolve("damaged-" + clean + round);
        copy(whole, damaged);
        Path file = flipIn(damaged);
        try (DiskBlobStore store = DiskBlobStore.open(properties(damaged))) {
          assertThat(sound(store)).as("after damage to %s", file).isGreaterThan(BLOBS / 2);
          LongStream.range(0, BLOBS).forEach(i -> blobs.write(store, i));
          assertThat(sound(store)).isEqualTo(BLOBS);
        }
      }
    }
  }

  /** A few flips, most of them in used parts of one file. */
  private Path flipIn(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      Path[] files =
          all.filter(file -> Files.isRegularFile(file) && file.toFile().length() > 0)
              .sorted()
              .toArray(Path[]::new);
      Path file = files[random.nextInt(files.length)];
      try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
        for (int i = 0; i < 3; i++) {
          long at = random.nextLong(opened.length());
          opened.seek(at);
          int before = opened.read();
          opened.seek(at);
          opened.write(before ^ 1 << random.nextInt(8));
        }
      }
      return file;
    }
  }

  @Test
  void truncatedFilesAreNeverServedBeyondTheirEnd() throws IOException {
    Path whole = filled(/* clean= */ true);
    for (int round = 0; round < 20; round++) {
      Path damaged = directory.resolve("truncated-" + round);
      copy(whole, damaged);
      try (Stream<Path> files = Files.list(damaged.resolve("blocks"))) {
        Path[] blocks = files.sorted().toArray(Path[]::new);
        Path block = blocks[random.nextInt(blocks.length)];
        try (RandomAccessFile opened = new RandomAccessFile(block.toFile(), "rw")) {
          opened.setLength(random.nextLong(opened.length()));
        }
      }
      try (DiskBlobStore store = DiskBlobStore.open(properties(damaged))) {
        for (long i = 0; i < BLOBS; i++) {
          assertThat(blobs.isSound(store, i)).isEqualTo(blobs.isPresent(store, i));
        }
      }
    }
  }

  @Test
  void aLostOrResizedIndexIsMadeAgain() throws IOException {
    Path whole = filled(/* clean= */ true);
    Files.delete(whole.resolve("index"));
    try (DiskBlobStore store = DiskBlobStore.open(properties(whole))) {
      assertThat(store.replayed()).isEqualTo(BLOBS);
      assertThat(sound(store)).isEqualTo(BLOBS);
    }
    try (DiskBlobStore store = DiskBlobStore.open(properties(whole).withIndexEntries(1024))) {
      assertThat(sound(store)).isEqualTo(BLOBS);
    }
  }

  @Test
  void aLostCheckpointCostsAScanOnly() throws IOException {
    Path whole = filled(/* clean= */ true);
    Files.delete(whole.resolve("checkpoint"));
    try (DiskBlobStore store = DiskBlobStore.open(properties(whole))) {
      assertThat(sound(store)).isEqualTo(BLOBS);
    }
  }

  @Test
  void entriesBeyondTheCheckpointCountOnlyIfTheirRecordIsThere() throws IOException {
    Path original = directory.resolve("original");
    Path crashed = directory.resolve("crashed");
    try (DiskBlobStore store = DiskBlobStore.open(properties(original))) {
      LongStream.range(0, 30).forEach(i -> blobs.write(store, i));
      store.checkpoint();
      copy(original, crashed);
      LongStream.range(30, BLOBS).forEach(i -> blobs.write(store, i));
      // The index reached the disk, what it leads to did not.
      Files.copy(
          original.resolve("index"), crashed.resolve("index"), StandardCopyOption.REPLACE_EXISTING);
    }
    for (int start = 0; start < 3; start++) {
      try (DiskBlobStore store = DiskBlobStore.open(properties(crashed))) {
        assertThat(LongStream.range(0, 30)).allMatch(i -> blobs.isSound(store, i));
        assertThat(LongStream.range(30, BLOBS)).noneMatch(i -> blobs.isPresent(store, i));
        LongStream.range(100 + start * 10, 110 + start * 10).forEach(i -> blobs.write(store, i));
      }
    }
  }

  @Test
  void aCorruptBlobIsReportedOnceAndThenMissing() throws IOException {
    NumberedBlobs large = new NumberedBlobs(seed, 300_000, 300_000);
    Digest digest;
    try (DiskBlobStore store = DiskBlobStore.open(properties(directory))) {
      digest = large.write(store, 1);
    }
    Path block = directory.resolve("blocks/1.block");
    try (RandomAccessFile opened = new RandomAccessFile(block.toFile(), "rw")) {
      opened.seek(200_000);
      int before = opened.read();
      opened.seek(200_000);
      opened.write(before ^ 1);
    }
    try (DiskBlobStore store = DiskBlobStore.open(properties(directory))) {
      try (BlobReader reader = store.open(NumberedBlobs.INSTANCE, digest)) {
        ByteBuffer part = ByteBuffer.allocate(150_000);
        assertThat(reader.read(0, part)).isEqualTo(150_000);
        assertThatThrownBy(() -> reader.read(150_000, part.clear()))
            .isInstanceOf(Failure.Corrupt.class)
            .hasMessageContaining(digest.hash());
      }
      assertThat(large.isPresent(store, 1)).isFalse();
      large.write(store, 1);
      assertThat(large.isSound(store, 1)).isTrue();
    }
  }
}
