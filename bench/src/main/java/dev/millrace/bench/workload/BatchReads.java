package dev.millrace.bench.workload;

import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;
import dev.millrace.bench.client.Payload;
import java.util.List;

/**
 * BatchReadBlobs of small blobs that were stored just before.
 *
 * @param size blobs in a batch
 */
record BatchReads(String name, int callers, BlobFamily blobs, int size) implements Workload {

  private static final int BATCHES = 20;

  @Override
  public Unit unit() {
    return Unit.OPERATIONS;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    List<Payload> requests =
        Batches.store(connection, blobs, round, BATCHES, size).stream()
            .map(connection::batchReadRequest)
            .toList();
    return number -> connection.batchRead(requests.get((int) (number % BATCHES)), size);
  }
}
