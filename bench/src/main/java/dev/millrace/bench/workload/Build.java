package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.Digest;
import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;
import dev.millrace.bench.client.Payload;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * What a Bazel build asks of a cache, an action an operation. Of ten actions, seven are hits, and
 * their outputs are read. For the others inputs are looked up, the new ones and the outputs stored,
 * a large one as a stream, and the result put.
 *
 * @param small sources, objects and the like
 * @param large what is linked of them
 */
record Build(String name, int callers, BlobFamily small, BlobFamily large) implements Workload {

  private static final int HITS_OF_TEN = 7;
  private static final int OUTPUTS = 4;
  private static final int OLD_INPUTS = 36;
  private static final int NEW_INPUTS = 4;
  private static final int STORED_ACTIONS = 50;

  /** Numbers of blobs that come into being during the round. */
  private static final long NEW = 1_000_000_000L;

  @Override
  public Unit unit() {
    return Unit.OPERATIONS;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    List<Blob> inputs = Batches.store(connection, small, round + 1, 1, OLD_INPUTS).getFirst();
    List<Payload> lookups = new ArrayList<>();
    List<Payload> reads = new ArrayList<>();
    List<List<Blob>> stored = Batches.store(connection, small, round, STORED_ACTIONS, OUTPUTS);
    for (int i = 0; i < STORED_ACTIONS; i++) {
      Digest action = Results.action(small, round, i);
      long unused = connection.updateActionResult(action, Results.result(stored.get(i))).join();
      lookups.add(connection.actionResultRequest(action));
      reads.add(connection.batchReadRequest(stored.get(i)));
    }
    return number -> {
      int old = (int) (number % STORED_ACTIONS);
      return number % 10 < HITS_OF_TEN
          ? hit(connection, lookups.get(old), reads.get(old))
          : miss(connection, round, number, inputs);
    };
  }

  private static CompletableFuture<Long> hit(Connection connection, Payload lookup, Payload read) {
    return connection
        .actionResult(lookup, OUTPUTS)
        .thenCompose(
            looked -> connection.batchRead(read, OUTPUTS).thenApply(bytes -> looked + bytes));
  }

  private CompletableFuture<Long> miss(
      Connection connection, long round, long number, List<Blob> inputs) {
    Digest action = Results.action(small, round, NEW + number);
    List<Blob> fresh = Batches.batch(small, round, NEW + number, NEW_INPUTS);
    List<Digest> all = Stream.concat(inputs.stream(), fresh.stream()).map(Blob::digest).toList();
    Blob output = large.blob(round, NEW + number);
    return connection
        .absentActionResult(connection.actionResultRequest(action))
        .thenCompose(
            ignored -> connection.findMissing(connection.findMissingRequest(all), NEW_INPUTS))
        .thenCompose(ignored -> connection.batchUpdate(fresh))
        .thenCompose(ignored -> connection.write(output))
        .thenCompose(
            ignored -> connection.updateActionResult(action, Results.result(List.of(output))));
  }
}
