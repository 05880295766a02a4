package dev.millrace.cas.disk;

import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongConsumer;

/** Writes numbered blobs from several threads and says which are committed, until it is killed. */
final class CrashingWriter {

  static final int THREADS = 4;

  private CrashingWriter() {}

  static NumberedBlobs blobs(long seed) {
    return new NumberedBlobs(seed, 1, 100_000);
  }

  /** Arguments: directory, seed, first number, way in. */
  public static void main(String[] arguments) {
    NumberedBlobs blobs = blobs(Long.parseLong(arguments[1]));
    long first = Long.parseLong(arguments[2]);
    WayIn way = WayIn.valueOf(arguments[3]);
    DiskBlobStore store = DiskBlobStore.open(way.properties(Path.of(arguments[0])));
    LongConsumer into = way.into(store, blobs);
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int t = 0; t < THREADS; t++) {
        long begin = first + t;
        threads.execute(() -> {
          for (long i = begin; ; i += THREADS) {
            into.accept(i);
            System.out.println(i);
          }
        });
      }
    }
  }
}
