package dev.millrace.cas.disk;

import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Writes numbered blobs from several threads and says which are committed, until it is killed. */
final class CrashingWriter {

  static final int THREADS = 4;

  private CrashingWriter() {}

  static DiskProperties properties(Path directory) {
    return DiskProperties.of(directory, 512 << 20)
        .withBlockBytes(16 << 20)
        .withIndexEntries(1 << 16)
        .withCheckpointBytes(3 << 20);
  }

  static NumberedBlobs blobs(long seed) {
    return new NumberedBlobs(seed, 1, 100_000);
  }

  /** Arguments: directory, seed, first number. */
  public static void main(String[] arguments) {
    NumberedBlobs blobs = blobs(Long.parseLong(arguments[1]));
    long first = Long.parseLong(arguments[2]);
    DiskBlobStore store = DiskBlobStore.open(properties(Path.of(arguments[0])));
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int t = 0; t < THREADS; t++) {
        long begin = first + t;
        threads.execute(() -> {
          for (long i = begin; ; i += THREADS) {
            blobs.write(store, i);
            System.out.println(i);
          }
        });
      }
    }
  }
}
