package dev.millrace.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ServerCapabilities;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The one process that is all of it, as a user starts it. */
final class StandaloneTest {

  @TempDir Path directory;

  @Test
  void anActionRunsOnTheWorkerAndItsResultOutlivesAKill() {
    try (Standalone millrace = Standalone.start(directory.resolve("data"))) {
      String script = "echo made here > out; echo said; echo warned >&2";
      try (ExecutionClient client = new ExecutionClient(millrace.port())) {
        ExecuteResponse first = client.run(script);
        assertThat(first.getStatus().getCode()).as(first.toString()).isZero();
        assertThat(first.getCachedResult()).isFalse();
        assertThat(client.read(first.getResult().getOutputFiles(0).getDigest()))
            .isEqualTo("made here\n");
      }
      millrace.killAndStartAgain();
      try (ExecutionClient client = new ExecutionClient(millrace.port())) {
        ExecuteResponse again = client.run(script);
        assertThat(again.getCachedResult()).isTrue();
        assertThat(client.read(again.getResult().getStdoutDigest())).isEqualTo("said\n");
        assertThat(client.read(again.getResult().getStderrDigest())).isEqualTo("warned\n");
      }
    }
  }

  @Test
  void oneEndpointOffersCacheAndExecution() {
    try (Standalone millrace = Standalone.start(directory.resolve("data"));
        ExecutionClient client = new ExecutionClient(millrace.port())) {
      ServerCapabilities capabilities = client.capabilities();
      assertThat(capabilities.getExecutionCapabilities().getExecEnabled()).isTrue();
      assertThat(capabilities.getCacheCapabilities().getDigestFunctionsList()).isNotEmpty();
      assertThat(
              capabilities
                  .getCacheCapabilities()
                  .getActionCacheUpdateCapabilities()
                  .getUpdateEnabled())
          .isTrue();
      assertThat(capabilities.getHighApiVersion().getMajor()).isEqualTo(2);
    }
  }

  @Test
  void whatIsPrintedAtTheStartCanBePasted() {
    try (Standalone millrace = Standalone.start(directory.resolve("data"))) {
      assertThat(millrace.output())
          .contains("Millrace serves at " + millrace.endpoint())
          .contains(directory.resolve("data").toString())
          .contains("2 slots")
          .contains("build --remote_cache=" + millrace.endpoint())
          .contains("--remote_executor=" + millrace.endpoint());
    }
  }
}
