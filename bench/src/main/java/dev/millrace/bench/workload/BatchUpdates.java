package dev.millrace.bench.workload;

import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;

/**
 * BatchUpdateBlobs of small blobs, each of them new.
 *
 * @param size blobs in a batch
 */
record BatchUpdates(String name, int callers, BlobFamily blobs, int size) implements Workload {

  @Override
  public Unit unit() {
    return Unit.OPERATIONS;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    return number -> connection.batchUpdate(Batches.batch(blobs, round, number, size));
  }
}
