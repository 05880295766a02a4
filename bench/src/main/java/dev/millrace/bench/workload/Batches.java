package dev.millrace.bench.workload;

import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Small blobs, many at a time. */
final class Batches {

  private Batches() {}

  /** Some blobs of a family, none of which is in a batch of another number. */
  static List<Blob> batch(BlobFamily family, long round, long number, int size) {
    return LongStream.range(number * size, (number + 1) * size)
        .mapToObj(n -> family.blob(round, n))
        .toList();
  }

  /** Stores so many batches, and returns their blobs. */
  static List<List<Blob>> store(
      Connection connection, BlobFamily family, long round, int batches, int size) {
    List<List<Blob>> stored = new ArrayList<>();
    for (int i = 0; i < batches; i++) {
      List<Blob> batch = batch(family, round, i, size);
      long unused = connection.batchUpdate(batch).join();
      stored.add(batch);
    }
    return stored;
  }
}
