package dev.millrace.bench.workload;

import build.bazel.remote.execution.v2.ExecuteRequest;
import dev.millrace.bench.client.Connection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/**
 * The same as a quiet workload, while others' actions wait in the queue for a bot that does not
 * come, and others' bots wait for actions that do not come. An endpoint has to keep actions that
 * nobody follows, lest the queue empties itself.
 */
final class CrowdedExecutions implements Workload {

  private static final int BOTS_A_CONNECTION = 500;
  private static final int QUEUED_AT_ONCE = 64;

  private final Executions quiet;
  private final int queued;
  private final int idle;

  /** Endpoints whose queue is full already. */
  private final Set<String> crowded = new HashSet<>();

  /**
   * @param queued how many actions wait
   * @param idle how many bots do
   */
  CrowdedExecutions(Executions quiet, int queued, int idle) {
    this.quiet = quiet;
    this.queued = queued;
    this.idle = idle;
  }

  @Override
  public String name() {
    return quiet.name() + "-crowded";
  }

  @Override
  public Unit unit() {
    return quiet.unit();
  }

  @Override
  public int callers() {
    return quiet.callers();
  }

  @Override
  public Load prepare(Connection connection, long round) {
    if (crowded.add(connection.endpoint().name())) {
      fillQueue(connection);
    }
    String pool = "bench-idle-" + UUID.randomUUID();
    List<AutoCloseable> crowd = new ArrayList<>();
    for (int i = 0; i < idle; i += BOTS_A_CONNECTION) {
      Connection another = connection.another();
      crowd.add(another.openBots(pool, Math.min(BOTS_A_CONNECTION, idle - i), 1));
      crowd.add(another);
    }
    Load load = quiet.prepare(connection, round);
    return new Load() {
      @Override
      public CompletableFuture<Long> start(long number) {
        return load.start(number);
      }

      @Override
      public void close() {
        load.close();
        crowd.forEach(CrowdedExecutions::close);
      }
    };
  }

  private void fillQueue(Connection connection) {
    String pool = "bench-full-" + UUID.randomUUID();
    // There is such a bot, but it asks for nothing.
    connection.openSilentBot(pool);
    Semaphore room = new Semaphore(QUEUED_AT_ONCE);
    List<CompletableFuture<Long>> calls = new ArrayList<>();
    for (ExecuteRequest request : new Actions(pool, queued).store(connection)) {
      room.acquireUninterruptibly();
      calls.add(connection.queue(request).whenComplete((done, failure) -> room.release()));
    }
    calls.forEach(CompletableFuture::join);
  }

  private static void close(AutoCloseable one) {
    try {
      one.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
