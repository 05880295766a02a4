package dev.millrace.bench;

import dev.millrace.bench.client.Connection;
import dev.millrace.bench.report.Row;
import dev.millrace.bench.workload.Workload;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs workloads one after the other. Two endpoints take turns round by round, each first as often
 * as the other, so that what disturbs the machine disturbs both.
 */
final class Contest {

  private final List<Connection> connections;
  private final Plan plan;

  /** Content of no two rounds of a run is the same. */
  private long round;

  /**
   * @param connections to one or two endpoints
   */
  Contest(List<Connection> connections, Plan plan) {
    this.connections = List.copyOf(connections);
    this.plan = plan;
  }

  /** Runs them all, and tells of each as soon as it is done. */
  List<Row> run(List<Workload> workloads, Consumer<Row> progress) {
    return workloads.stream()
        .map(workload -> {
          Row row = run(workload);
          progress.accept(row);
          return row;
        })
        .toList();
  }

  private Row run(Workload workload) {
    List<Contender> contenders =
        connections.stream().map(connection -> new Contender(connection, workload)).toList();
    contenders.forEach(contender -> contender.warmUp(nextRound(), plan.warmUp()));
    for (int i = 0; i < plan.rounds(); i++) {
      List<Contender> order = i % 2 == 0 ? contenders : contenders.reversed();
      order.forEach(contender -> contender.round(nextRound(), plan.duration()));
    }
    return new Row(
        workload.name(), workload.unit(), contenders.stream().map(Contender::cell).toList());
  }

  /** In steps, as a workload may use the numbers between for content of other kinds. */
  private long nextRound() {
    round += 10;
    return round;
  }
}
