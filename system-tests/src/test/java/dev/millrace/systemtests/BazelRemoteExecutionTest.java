package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.systemtests.Bazel.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bazel has everything run by the worker inside of the one process. */
@Tag("real-clients")
final class BazelRemoteExecutionTest {

  @TempDir Path directory;
  private Standalone millrace;
  private Bazel bazel;

  @BeforeEach
  void start() {
    millrace = Standalone.start(directory.resolve("data"));
    bazel = Bazel.inCopyOf(Repository.example("cpp"), directory);
  }

  @AfterEach
  void stop() {
    bazel.close();
    millrace.close();
  }

  private Outcome remotely(String command, String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "--remote_executor=" + millrace.endpoint();
    all[1] = "--spawn_strategy=remote";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return bazel.run(command, all);
  }

  @Test
  void everythingRunsOnTheWorkerAndThenHits() {
    RemoteBuildScenario.everythingRunsOnTheWorkerAndThenHits(bazel, millrace.endpoint());
  }

  @Test
  void aFailingActionShowsItsStderrAndExitCode() {
    Outcome outcome = remotely("build", "//faults:failing_genrule");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.output())
        .contains("millrace example: this action fails on purpose")
        .containsPattern("Exit 3|exit code 3|\\(Exit 3\\)");
  }

  @Test
  void aTestThatSleepsPastItsTimeOutIsReportedWithItsOutput() {
    Outcome outcome = remotely("test", "--test_timeout=5", "//faults:slow_test");
    assertThat(outcome.exitCode()).isEqualTo(3);
    assertThat(outcome.output()).contains("TIMEOUT").contains("millrace example");
  }

  /** Of what has no links among its outputs: Bazel 4 cannot leave those where they are. */
  @Test
  void minimalDownloadBuildsWithoutFetchingIntermediateOutputs() {
    String[] targets = {"--remote_download_minimal", "//app/...", "//text/...", "//report/..."};
    assertThat(remotely("build", targets).exitCode()).isZero();
    assertThat(remotely("test", targets).exitCode()).isZero();
    assertThat(bazel.output("app/textstats")).doesNotExist();
  }

  @Test
  void anOutputOfOneGibibyteRoundTrips() throws IOException {
    Outcome outcome = remotely("build", "//large:blob", "//large:checksum");
    assertThat(outcome.exitCode()).isZero();
    Path blob = bazel.output("large/blob.bin");
    assertThat(Files.size(blob)).isEqualTo(1L << 30);
    Process sha256sum =
        new ProcessBuilder("sha256sum").redirectInput(blob.toRealPath().toFile()).start();
    assertThat(sha256sum.inputReader().readLine())
        .isEqualTo(Files.readString(bazel.output("large/blob.sha256")).strip());
  }
}
