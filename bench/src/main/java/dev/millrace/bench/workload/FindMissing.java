package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.Digest;
import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.BlobFamily;
import dev.millrace.bench.client.Connection;
import dev.millrace.bench.client.Payload;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * FindMissingBlobs of digests of which every other one is stored.
 *
 * @param digests in a request, an even number
 */
record FindMissing(String name, int callers, BlobFamily blobs, int digests) implements Workload {

  private static final int REQUESTS = 8;
  private static final int BATCH = 100;

  @Override
  public Unit unit() {
    return Unit.OPERATIONS;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    int half = digests / 2;
    int batch = Math.min(BATCH, half);
    List<Digest> stored =
        Batches.store(connection, blobs, round, (REQUESTS * half + batch - 1) / batch, batch)
            .stream()
            .flatMap(List::stream)
            .map(Blob::digest)
            .toList();
    List<Payload> requests =
        IntStream.range(0, REQUESTS)
            .mapToObj(i -> request(connection, stored.subList(i * half, (i + 1) * half), round, i))
            .toList();
    return number -> connection.findMissing(requests.get((int) (number % REQUESTS)), half);
  }

  private Payload request(Connection connection, List<Digest> stored, long round, int number) {
    List<Digest> asked = new ArrayList<>(stored);
    for (int i = 0; i < stored.size(); i++) {
      // Numbers below 0 are never stored.
      asked.add(blobs.blob(round, -1 - ((long) number * stored.size() + i)).digest());
    }
    Collections.shuffle(asked, new Random(round + number));
    return connection.findMissingRequest(asked);
  }
}
