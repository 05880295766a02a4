package dev.millrace.worker.action;

import static dev.millrace.worker.action.ActionFixture.shell;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.worker.process.PlainProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxedActionRunnerTest {

  @TempDir Path directory;
  ActionFixture fixture;

  @BeforeEach
  void open() throws IOException {
    fixture = new ActionFixture(directory, new PlainProcess());
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void anActionRunsFromItsDigestToItsStoredOutputs() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            shell("cat in/a in/b > out/sum && in/tool >&2 && echo done && exit 3")
                .addOutputPaths("out/sum")
                .addOutputPaths("out/missing"),
            Map.of("in/a", "one\n", "in/b", "two\n", "in/tool", "#!/bin/sh\necho from tool\n"));

    ActionResult result = outcome.result();
    assertThat(outcome).isInstanceOf(ActionOutcome.Finished.class);
    assertThat(result.getExitCode()).isEqualTo(3);
    assertThat(fixture.text(result.getStdoutDigest())).isEqualTo("done\n");
    assertThat(fixture.text(result.getStderrDigest())).isEqualTo("from tool\n");
    assertThat(result.getOutputFilesList())
        .singleElement()
        .satisfies(file -> {
          assertThat(file.getPath()).isEqualTo("out/sum");
          assertThat(file.getIsExecutable()).isFalse();
          assertThat(fixture.text(file.getDigest())).isEqualTo("one\ntwo\n");
        });
    assertThat(fixture.work).isEmptyDirectory();
  }
}
