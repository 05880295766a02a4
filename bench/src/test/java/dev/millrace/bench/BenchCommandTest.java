package dev.millrace.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.DocumentContext;
import com.jayway.jsonpath.JsonPath;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class BenchCommandTest {

  private static final long PID = ProcessHandle.current().pid();

  private final List<MemoryEndpoint> endpoints = new ArrayList<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void stop() {
    endpoints.forEach(MemoryEndpoint::close);
  }

  private MemoryEndpoint endpoint(String instance, String token) {
    MemoryEndpoint endpoint = new MemoryEndpoint(instance, token);
    endpoints.add(endpoint);
    return endpoint;
  }

  /** Runs the command with little of everything. */
  private int run(String... arguments) {
    CommandLine command = BenchApplication.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    List<String> all = new ArrayList<>(List.of(arguments));
    List<String> little = List.of("--warm-up", "0", "--duration", "0.01", "--large", "2500000");
    for (int i = 0; i < little.size(); i += 2) {
      if (!all.contains(little.get(i))) {
        all.addAll(little.subList(i, i + 2));
      }
    }
    return command.execute(all.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "write-large-1, Write",
    "write-large-4, Write",
    "read-large-1, Read",
    "read-large-4, Read",
    "batch-update, BatchUpdateBlobs",
    "batch-read, BatchReadBlobs",
    "find-missing, FindMissingBlobs",
    "action-result, GetActionResult",
    "read-small, Read",
    "build, UpdateActionResult"
  })
  void eachWorkloadRunsThroughItsMethod(String workload, String method) {
    MemoryEndpoint endpoint = endpoint("team/project", "secret");
    int exit =
        run(
            endpoint.address(),
            "--instance",
            "team/project",
            "--token",
            "secret",
            "--pid",
            "" + PID,
            "--workloads",
            workload,
            "--rounds",
            "2");
    assertThat(exit).as("%s %s", out, err).isZero();
    assertThat(out.toString()).contains(workload).contains("MB").doesNotContain("discarded");
    assertThat(endpoint.methodsCalled).contains(method);
  }

  @Test
  void theMixedBuildHitsMissesAndStores() {
    MemoryEndpoint endpoint = endpoint("", "");
    assertThat(run(endpoint.address(), "--workloads", "build", "--duration", "0.3")).isZero();
    assertThat(endpoint.methodsCalled)
        .contains(
            "FindMissingBlobs", "BatchUpdateBlobs", "BatchReadBlobs", "GetActionResult", "Write");
  }

  @Test
  void comparisonsGiveRatiosInTextJsonAndAChart(@TempDir Path directory) throws Exception {
    MemoryEndpoint ours = endpoint("", "");
    MemoryEndpoint theirs = endpoint("main", "");
    Path json = directory.resolve("report.json");
    Path svg = directory.resolve("report.svg");
    int exit =
        run(
            ours.address(),
            "--pid",
            "" + PID,
            "--compare",
            theirs.address(),
            "--compare-instance",
            "main",
            "--compare-pid",
            "" + PID,
            "--rounds",
            "3",
            "--workloads",
            "batch-read,find-missing",
            "--seed",
            "7",
            "--json",
            json.toString(),
            "--svg",
            svg.toString());
    assertThat(exit).as("%s %s", out, err).isZero();
    assertThat(out.toString()).contains("seed 7").containsPattern("find-missing +gain +[0-9.]+x");

    DocumentContext report = JsonPath.parse(Files.readString(json));
    assertThat(report.<Integer>read("$.seed")).isEqualTo(7);
    assertThat(report.<List<String>>read("$.workloads[*].name"))
        .containsExactly("batch-read", "find-missing");
    assertThat(report.<List<String>>read("$.workloads[0].endpoints[*].name"))
        .containsExactly(ours.address(), theirs.address());
    assertThat(report.<List<Object>>read("$.workloads[0].endpoints[0].rounds[*]")).hasSize(3);
    assertThat(report.<Double>read("$.workloads[0].throughputGain")).isPositive();

    var chart = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile());
    assertThat(chart.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(chart.getElementsByTagName("rect").getLength()).isGreaterThan(4);
  }

  @Test
  void failedCallsAreNoThroughput() {
    MemoryEndpoint endpoint = endpoint("", "");
    endpoint.findMissingLeft.set(3);
    assertThat(run(endpoint.address(), "--workloads", "find-missing,batch-update")).isEqualTo(1);
    assertThat(out.toString())
        .containsPattern("find-missing +\\S+ +discarded")
        .contains("discarded: find-missing at " + endpoint.address() + ": RESOURCE_EXHAUSTED")
        .containsPattern("batch-update +\\S+ +[0-9.]+ /s");
  }

  @Test
  void blobsThatAreThereAlreadyAreNotWrittenAgainAndSaidToBe() {
    MemoryEndpoint endpoint = endpoint("", "");
    assertThat(run(endpoint.address(), "--workloads", "batch-update", "--seed", "1")).isZero();
    assertThat(run(endpoint.address(), "--workloads", "batch-update", "--seed", "1")).isEqualTo(1);
    assertThat(out.toString()).contains("blobs stored by a batch: 0 instead of 100");
  }

  @Test
  void anEndpointThatIsNotThereIsNamed() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    assertThat(run("127.0.0.1:" + free)).isEqualTo(1);
    assertThat(err.toString()).contains("nobody answers at 127.0.0.1:" + free);
  }

  @Test
  void refusalsAreToldApart() {
    MemoryEndpoint endpoint = endpoint("main", "secret");
    assertThat(run(endpoint.address(), "--instance", "main")).isEqualTo(1);
    assertThat(err.toString()).contains("refuses calls without --token");
    assertThat(run(endpoint.address(), "--instance", "main", "--token", "no")).isEqualTo(1);
    assertThat(err.toString()).contains("refuses the token");
    assertThat(run(endpoint.address(), "--token", "secret")).isEqualTo(1);
    assertThat(err.toString()).contains("refuses the instance ''");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nowhere",
        "host:99999",
        "host:1 --rounds 0",
        "host:1 --workloads read,write",
        "host:1 --pid 999999999",
        "host:1 --large 5"
      })
  void badOptionsAreExplained(String arguments) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: bench");
  }
}
