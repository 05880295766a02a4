package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Digest;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.Platform;
import com.google.protobuf.ByteString;
import dev.millrace.bench.client.Blob;
import dev.millrace.bench.client.Bots;
import dev.millrace.bench.client.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Actions from Execute to COMPLETED, of bots that complete at once: what the service itself takes.
 *
 * @param actions different ones, more than there are callers, so that none are merged
 * @param bots how many there are
 * @param capacity actions that a bot has at once
 */
record Executions(String name, int callers, int actions, int bots, int capacity)
    implements Workload {

  /** What a batch takes along, at most. */
  private static final int BATCH = 500;

  @Override
  public Unit unit() {
    return Unit.OPERATIONS;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    String pool = "bench-" + UUID.randomUUID();
    Blob command = Blob.of(Command.newBuilder().addArguments("true").build().toByteString());
    Blob root = Blob.of(ByteString.EMPTY);
    long unused = connection.batchUpdate(List.of(command)).join();
    List<Blob> stored = new ArrayList<>();
    for (int i = 0; i < actions; i++) {
      stored.add(Blob.of(action(pool, command.digest(), root.digest(), i).toByteString()));
    }
    for (int from = 0; from < actions; from += BATCH) {
      long alsoUnused =
          connection.batchUpdate(stored.subList(from, Math.min(actions, from + BATCH))).join();
    }
    List<ExecuteRequest> requests =
        stored.stream().map(action -> connection.executeRequest(action.digest())).toList();
    Bots started = connection.openBots(pool, bots, capacity);
    return new Load() {
      @Override
      public CompletableFuture<Long> start(long number) {
        return connection.execute(requests.get((int) (number % actions)));
      }

      @Override
      public void close() {
        started.close();
      }
    };
  }

  private static Action action(String pool, Digest command, Digest root, int number) {
    return Action.newBuilder()
        .setCommandDigest(command)
        .setInputRootDigest(root)
        .setSalt(ByteString.copyFromUtf8(pool + number))
        .setPlatform(
            Platform.newBuilder()
                .addProperties(Platform.Property.newBuilder().setName("pool").setValue(pool)))
        .build();
  }
}
