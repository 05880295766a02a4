package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.Digest;
import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;
import dev.millrace.bench.client.Payload;
import java.util.ArrayList;
import java.util.List;

/**
 * GetActionResult of results that are there, with all that they refer to.
 *
 * @param count how many different ones
 * @param outputs files of a result
 */
record ActionResults(String name, int callers, BlobFamily blobs, int count, int outputs)
    implements Workload {

  @Override
  public Unit unit() {
    return Unit.OPERATIONS;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    List<Payload> requests = new ArrayList<>();
    List<List<Blob>> stored = Batches.store(connection, blobs, round, count, outputs);
    for (int i = 0; i < count; i++) {
      Digest action = Results.action(blobs, round, i);
      long unused = connection.updateActionResult(action, Results.result(stored.get(i))).join();
      requests.add(connection.actionResultRequest(action));
    }
    return number -> connection.actionResult(requests.get((int) (number % count)), outputs);
  }
}
