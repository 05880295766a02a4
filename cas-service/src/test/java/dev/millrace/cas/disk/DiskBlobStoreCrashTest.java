package dev.millrace.cas.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What was acknowledged survives; what was not is there as a whole or not at all. */
final class DiskBlobStoreCrashTest {

  private final long seed = System.nanoTime();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final NumberedBlobs blobs = CrashingWriter.blobs(seed);

  @TempDir Path directory;

  @BeforeEach
  void printSeed() {
    System.out.println("DiskBlobStoreCrashTest seed " + seed);
  }

  @ParameterizedTest
  @EnumSource
  void acknowledgedBlobsSurviveAKilledProcess(WayIn way) throws Exception {
    Set<Long> acknowledged = new HashSet<>();
    long next = 0;
    for (int round = 0; round < 4; round++) {
      long last = writeUntilKilled(way, next, random.nextInt(20, 200), acknowledged);
      next = last + 50;
      try (DiskBlobStore store = DiskBlobStore.open(way.properties(directory))) {
        assertThat(acknowledged).allMatch(i -> blobs.isSound(store, i));
        for (long i = 0; i < next; i++) {
          assertThat(blobs.isSound(store, i)).isEqualTo(blobs.isPresent(store, i));
        }
      }
    }
  }

  /** Returns the highest number acknowledged. */
  private long writeUntilKilled(WayIn way, long first, int count, Set<Long> acknowledged)
      throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                CrashingWriter.class.getName(),
                directory.toString(),
                Long.toString(seed),
                Long.toString(first),
                way.name())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    long highest = first;
    int seen = 0;
    try (BufferedReader lines = writer.inputReader()) {
      String line = lines.readLine();
      while (line != null) {
        if (line.matches("[0-9]+")) {
          acknowledged.add(Long.valueOf(line));
          highest = Math.max(highest, Long.parseLong(line));
          seen++;
        }
        if (seen == count) {
          writer.destroyForcibly();
        }
        line = nextLine(lines);
      }
    } finally {
      writer.destroyForcibly().waitFor();
    }
    assertThat(seen).isGreaterThanOrEqualTo(count);
    return highest;
  }

  private static String nextLine(BufferedReader lines) {
    try {
      return lines.readLine();
    } catch (IOException e) {
      // The pipe of a process that was killed.
      return null;
    }
  }

  /**
   * The worst that a loss of power can leave: the checkpoint as it was, of the index any mixture of
   * old and new pages, and of what was being written anything.
   */
  @ParameterizedTest
  @EnumSource
  void acknowledgedBlobsSurviveALossOfPower(WayIn way) throws Exception {
    DiskProperties properties =
        way.properties(directory.resolve("running")).withCheckpointBytes(1L << 40);
    Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    AtomicBoolean stopped = new AtomicBoolean();
    ReadWriteLock writing = new ReentrantReadWriteLock();
    try (DiskBlobStore store = DiskBlobStore.open(properties)) {
      LongConsumer into = way.into(store, blobs);
      List<Thread> writers = new ArrayList<>();
      for (int t = 0; t < CrashingWriter.THREADS; t++) {
        long begin = t;
        writers.add(
            Thread.startVirtualThread(() -> {
              for (long i = begin; !stopped.get(); i += CrashingWriter.THREADS) {
                writing.readLock().lock();
                try {
                  into.accept(i);
                } finally {
                  writing.readLock().unlock();
                }
                acknowledged.add(i);
              }
            }));
      }
      for (int round = 0; round < 4; round++) {
        awaitMore(acknowledged, random.nextInt(100));
        store.checkpoint();
        Path lost = directory.resolve("lost-" + round);
        copyOf(properties.directory().resolve("checkpoint"), lost.resolve("checkpoint"));
        Path older = directory.resolve("index-" + round);
        copyOf(properties.directory().resolve("index"), older);
        awaitMore(acknowledged, random.nextInt(100));
        Set<Long> promised = Set.copyOf(acknowledged);
        copyOf(properties.directory().resolve("index"), lost.resolve("index"));
        mixPages(older, lost.resolve("index"));
        try (Stream<Path> files = Files.list(properties.directory().resolve("blocks"))) {
          for (Path file : files.toList()) {
            copyIfThere(file, lost.resolve("blocks").resolve(file.getFileName()));
          }
        }
        // On a fast disk the store would be full before the slow part is over.
        writing.writeLock().lock();
        try {
          verify(way, lost, promised);
        } finally {
          writing.writeLock().unlock();
        }
      }
      stopped.set(true);
      for (Thread writer : writers) {
        writer.join();
      }
    }
  }

  private void verify(WayIn way, Path lost, Set<Long> promised) {
    long highest = promised.stream().mapToLong(Long::longValue).max().orElse(0);
    try (DiskBlobStore store = DiskBlobStore.open(way.properties(lost))) {
      assertThat(promised).allMatch(i -> blobs.isSound(store, i));
      for (long i = 0; i < highest + 20; i++) {
        assertThat(blobs.isSound(store, i)).isEqualTo(blobs.isPresent(store, i));
      }
    }
  }

  private static void awaitMore(Set<Long> acknowledged, int more) {
    int target = acknowledged.size() + more;
    while (acknowledged.size() < target) {
      Thread.yield();
    }
  }

  /** A block that is just being made gets its name late; it has nothing that was promised. */
  private static void copyIfThere(Path from, Path to) throws IOException {
    try {
      copyOf(from, to);
    } catch (NoSuchFileException renamed) {
      Files.deleteIfExists(to);
    }
  }

  private static void copyOf(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private void mixPages(Path older, Path index) throws IOException {
    byte[] page = new byte[4096];
    try (RandomAccessFile from = new RandomAccessFile(older.toFile(), "r");
        RandomAccessFile to = new RandomAccessFile(index.toFile(), "rw")) {
      for (long at = 0; at < from.length(); at += page.length) {
        if (random.nextBoolean()) {
          from.seek(at);
          from.readFully(page);
          to.seek(at);
          to.write(page);
        }
      }
    }
  }
}
