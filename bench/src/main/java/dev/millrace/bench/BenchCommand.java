package dev.millrace.bench;

import dev.millrace.bench.client.Connection;
import dev.millrace.bench.client.Endpoint;
import dev.millrace.bench.client.EndpointException;
import dev.millrace.bench.measure.ServerProcess;
import dev.millrace.bench.report.JsonReport;
import dev.millrace.bench.report.Report;
import dev.millrace.bench.report.Row;
import dev.millrace.bench.report.SvgChart;
import dev.millrace.bench.report.TextTable;
import dev.millrace.bench.workload.Workload;
import dev.millrace.bench.workload.Workloads;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command line. Exits with 1 if an endpoint is not there or a workload was discarded. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Puts load on a Remote Execution API endpoint, and says how it bore it.")
final class BenchCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "HOST:PORT", description = "The endpoint.")
  private String endpoint = "";

  @Option(names = "--instance", description = "Its instance name (default: none).")
  private String instance = "";

  @Option(names = "--token", description = "Sent to it as a bearer token.")
  private String token = "";

  @Option(names = "--pid", description = "Its process on this machine, for CPU and memory.")
  private @Nullable Long pid;

  @Option(names = "--compare", description = "A second endpoint, which takes turns with it.")
  private @Nullable String compare;

  @Option(names = "--compare-instance", description = "The second one's instance name.")
  private String compareInstance = "";

  @Option(names = "--compare-token", description = "Sent to the second one as a bearer token.")
  private String compareToken = "";

  @Option(names = "--compare-pid", description = "The second one's process.")
  private @Nullable Long comparePid;

  @Option(
      names = "--workloads",
      split = ",",
      description =
          "Some of: write-large-1, write-large-4, read-large-1, read-large-4, batch-update,"
              + " batch-read, find-missing, action-result, read-small, build (default: all of these),"
              + " and execute, for an endpoint that takes bots.")
  private List<String> names = List.of();

  @Option(names = "--rounds", description = "Rounds of each (default: ${DEFAULT-VALUE}).")
  private int rounds = 5;

  @Option(
      names = "--warm-up",
      description = "Seconds of load before them (default: ${DEFAULT-VALUE}).")
  private double warmUp = 15;

  @Option(names = "--duration", description = "Seconds of a round (default: ${DEFAULT-VALUE}).")
  private double duration = 5;

  @Option(
      names = "--large",
      description = "Bytes of a large blob, 1 KiB to 1 GiB (default: ${DEFAULT-VALUE}).")
  private int large = Workloads.Sizes.STANDARD.large();

  @Option(names = "--seed", description = "Of all content (default: a new one).")
  private long seed = System.nanoTime();

  @Option(names = "--json", description = "A file for all figures.")
  private @Nullable Path json;

  @Option(names = "--svg", description = "A file for a chart.")
  private @Nullable Path svg;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = commandLine().getOut();
    PrintWriter err = commandLine().getErr();
    Plan plan;
    List<Endpoint> endpoints;
    try {
      plan = new Plan(rounds, seconds(warmUp), seconds(duration));
      endpoints = endpoints();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(commandLine(), String.valueOf(e.getMessage()), e);
    }
    if (large < 1024 || large > 1 << 30) {
      throw new ParameterException(commandLine(), "--large: 1 KiB to 1 GiB, not " + large);
    }
    List<Workload> workloads = workloads();
    out.printf("seed %d%n", seed);
    Instant started = Instant.now();
    List<Row> rows;
    List<Connection> connections = new ArrayList<>();
    try {
      for (Endpoint one : endpoints) {
        connections.add(Connection.open(one));
      }
      rows =
          new Contest(connections, plan)
              .run(
                  workloads,
                  row -> {
                    err.println(row.workload() + " done");
                    err.flush();
                  });
    } catch (EndpointException e) {
      err.println("bench: " + e.getMessage());
      return 1;
    } finally {
      connections.forEach(Connection::close);
    }
    Report report = new Report(started, seed, rounds, rows);
    out.print(TextTable.of(rows));
    out.flush();
    if (json != null) {
      Files.writeString(json, JsonReport.of(report));
    }
    if (svg != null) {
      Files.writeString(svg, SvgChart.of(report));
    }
    return report.isComplete() ? 0 : 1;
  }

  private List<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    endpoints.add(Endpoint.parse(endpoint, instance, token, pid(pid)));
    if (compare != null) {
      endpoints.add(Endpoint.parse(compare, compareInstance, compareToken, pid(comparePid)));
    }
    return endpoints;
  }

  private static OptionalLong pid(@Nullable Long pid) {
    if (pid == null) {
      return OptionalLong.empty();
    }
    ServerProcess unused = ServerProcess.of(pid);
    return OptionalLong.of(pid);
  }

  private List<Workload> workloads() {
    List<Workload> usual =
        Workloads.all(
            new Workloads.Sizes(
                large, Workloads.Sizes.STANDARD.digests(), Workloads.Sizes.STANDARD.batch()),
            seed);
    if (names.isEmpty()) {
      return usual;
    }
    List<Workload> all = new ArrayList<>(usual);
    all.addAll(Workloads.ofExecution());
    List<String> known = all.stream().map(Workload::name).toList();
    names.stream()
        .filter(name -> !known.contains(name))
        .findFirst()
        .ifPresent(name -> {
          throw new ParameterException(
              commandLine(), "--workloads: there is no '" + name + "', only " + known);
        });
    return all.stream().filter(workload -> names.contains(workload.name())).toList();
  }

  private static Duration seconds(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1000));
  }

  private picocli.CommandLine commandLine() {
    if (spec == null) {
      throw new IllegalStateException("run by picocli only");
    }
    return spec.commandLine();
  }
}
