package dev.millrace.bench.workload;

import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;

/** ByteStream.Write of large blobs, each of them new. */
record LargeWrites(String name, int callers, BlobFamily blobs) implements Workload {

  @Override
  public Unit unit() {
    return Unit.BYTES;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    return number -> connection.write(blobs.blob(round, number));
  }
}
