package dev.millrace.bench;

import dev.millrace.bench.client.Connection;
import dev.millrace.bench.client.Endpoint;
import dev.millrace.bench.client.EndpointException;
import dev.millrace.bench.measure.Figures;
import dev.millrace.bench.measure.Round;
import dev.millrace.bench.measure.Sample;
import dev.millrace.bench.measure.ServerProcess;
import dev.millrace.bench.report.Cell;
import dev.millrace.bench.workload.Load;
import dev.millrace.bench.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** One endpoint under one workload: its rounds so far, or why there are none. */
final class Contender {

  private final Connection connection;
  private final Optional<ServerProcess> server;
  private final Workload workload;
  private final List<Sample> samples = new ArrayList<>();
  private @Nullable String failure;

  Contender(Connection connection, Workload workload) {
    this.connection = connection;
    this.workload = workload;
    OptionalLong pid = connection.endpoint().pid();
    this.server =
        pid.isPresent() ? Optional.of(ServerProcess.of(pid.getAsLong())) : Optional.empty();
  }

  void warmUp(long round, Duration duration) {
    if (duration.isPositive()) {
      attempt(round, duration);
    }
  }

  void round(long round, Duration duration) {
    attempt(round, duration).ifPresent(samples::add);
  }

  private Optional<Sample> attempt(long round, Duration duration) {
    if (failure != null) {
      return Optional.empty();
    }
    try (Load load = workload.prepare(connection, round)) {
      return Optional.of(Round.run(load, workload.callers(), duration, server));
    } catch (EndpointException e) {
      failure = e.getMessage();
    } catch (CompletionException e) {
      failure = "preparing it failed: " + (e.getCause() == null ? e : e.getCause()).getMessage();
    }
    return Optional.empty();
  }

  Cell cell() {
    Endpoint endpoint = connection.endpoint();
    return failure != null
        ? new Cell.Discarded(endpoint.name(), failure)
        : new Cell.Measured(
            endpoint.name(),
            Figures.of(workload.unit(), samples),
            samples,
            server.map(ServerProcess::peakMemory).orElse(OptionalLong.empty()));
  }
}
