package dev.millrace.bench.workload;

import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;
import java.util.List;
import java.util.stream.LongStream;

/**
 * ByteStream.Read of blobs that were written just before.
 *
 * @param count how many different ones
 */
record Reads(String name, Unit unit, int callers, BlobFamily blobs, int count) implements Workload {

  @Override
  public Load prepare(Connection connection, long round) {
    List<Blob> stored =
        LongStream.range(0, count).mapToObj(number -> blobs.blob(round, number)).toList();
    for (Blob blob : stored) {
      long unused = connection.write(blob).join();
    }
    return number -> connection.read(stored.get((int) (number % count)));
  }
}
