package dev.millrace.worker.action;

import static dev.millrace.worker.action.ActionFixture.shell;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.process.BubblewrapSandbox;
import dev.millrace.worker.process.Sandbox;
import dev.millrace.worker.process.SandboxPolicy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BubblewrapActionsTest extends ActionRunnerContract {

  @BeforeAll
  static void bubblewrapWorksHere() throws Exception {
    int exit = -1;
    if (Files.isExecutable(Path.of("/usr/bin/bwrap"))) {
      Process process =
          new ProcessBuilder(
                  "bwrap",
                  "--unshare-user",
                  "--unshare-pid",
                  "--unshare-net",
                  "--ro-bind",
                  "/",
                  "/",
                  "--proc",
                  "/proc",
                  "true")
              .start();
      exit = process.waitFor(20, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }
    Assumptions.assumeTrue(exit == 0, "bubblewrap cannot make namespaces on this host");
  }

  @Override
  Sandbox sandbox() {
    boolean root = "root".equals(System.getProperty("user.name"));
    return new BubblewrapSandbox(
        new SandboxPolicy(/* network= */ false, root, List.of(Path.of("/etc/shadow"), directory)));
  }

  @Test
  void theHostIsReadOnlyAndTheWorkersOwnFilesAreHidden() throws Exception {
    Files.writeString(directory.resolve("secret"), "secret");

    ActionOutcome outcome =
        fixture.run(
            shell(
                """
                touch /usr/written /etc/written %1$s/written 2>/dev/null
                ls %1$s
                cat /etc/shadow
                """
                    .formatted(directory)),
            Map.of("in", "x"));

    assertThat(stdout(outcome)).isEqualTo("work\n");
    assertThat(Path.of("/usr/written")).doesNotExist();
    assertThat(directory.resolve("written")).doesNotExist();
  }

  @Test
  void temporaryFilesAreTheActionsOwn() throws Exception {
    String name = "mine-" + directory.getFileName();

    ActionOutcome writing =
        fixture.run(shell("echo x > /tmp/%1$s && cat /var/tmp/%1$s".formatted(name)), Map.of());
    ActionOutcome looking = fixture.run(shell("ls /tmp/" + name), Map.of());

    assertThat(writing.result().getExitCode()).isZero();
    assertThat(Path.of("/tmp", name)).doesNotExist();
    assertThat(looking.result().getExitCode()).isNotZero();
  }

  @Test
  void otherProcessesAreOutOfSightAndReach() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            shell(
                "ls -d /proc/[0-9]* | wc -l; kill -9 %d".formatted(ProcessHandle.current().pid())),
            Map.of());

    assertThat(Integer.parseInt(stdout(outcome).strip())).isLessThan(10);
  }

  @Test
  void theNetworkIsOutOfReach() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ActionOutcome outcome =
          fixture.run(
              build.bazel.remote.execution.v2.Command.newBuilder()
                  .addArguments("/bin/bash")
                  .addArguments("-c")
                  .addArguments("exec 3<>/dev/tcp/127.0.0.1/" + server.getLocalPort()),
              Map.of());

      assertThat(outcome.result().getExitCode()).isNotZero();
    }
  }

  @Test
  void actionsAreNotRootAndHaveNoCapabilities() throws Exception {
    ActionOutcome outcome = fixture.run(shell("id -u; grep -h CapEff /proc/self/status"), Map.of());

    assertThat(stdout(outcome)).doesNotStartWith("0\n").contains("CapEff:\t0000000000000000");
  }
}
