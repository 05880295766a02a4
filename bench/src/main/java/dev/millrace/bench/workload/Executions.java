package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.ExecuteRequest;
import dev.millrace.bench.client.Bots;
import dev.millrace.bench.client.Connection;
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

  @Override
  public Unit unit() {
    return Unit.OPERATIONS;
  }

  @Override
  public Load prepare(Connection connection, long round) {
    String pool = "bench-" + UUID.randomUUID();
    List<ExecuteRequest> requests = new Actions(pool, actions).store(connection);
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
}
