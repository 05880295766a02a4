package dev.millrace.worker.process;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which sandbox works here, by running something in it: whether namespaces may be made
 * depends on the kernel, its settings and the container around, and nothing tells short of trying.
 */
public final class SandboxProbe {

  private static final Logger log = LoggerFactory.getLogger(SandboxProbe.class);
  private static final Limits LIMITS = new Limits(Duration.ofSeconds(20), 1024 * 1024);

  private final Path directory;

  /**
   * @param directory a directory of its own to try things in
   */
  public SandboxProbe(Path directory) {
    this.directory = directory;
  }

  /**
   * The sandbox to use.
   *
   * @throws IllegalStateException if the one that is asked for does not work
   */
  public Sandbox choose(SandboxSetting setting, SandboxPolicy policy)
      throws IOException, InterruptedException {
    if (setting == SandboxSetting.NONE) {
      log.info("actions run without a sandbox, as configured");
      return new PlainProcess();
    }
    BubblewrapSandbox bubblewrap = new BubblewrapSandbox(policy);
    Optional<String> problem = problemOf(bubblewrap);
    if (problem.isEmpty()) {
      log.info("actions run in {}", bubblewrap);
      return bubblewrap;
    }
    if (setting == SandboxSetting.BUBBLEWRAP) {
      throw new IllegalStateException(
          "bubblewrap is configured as the sandbox but does not work: " + problem.get());
    }
    log.warn(
        "actions run without a sandbox, because bubblewrap does not work here: {}", problem.get());
    return new PlainProcess();
  }

  /** What keeps a sandbox from working; nothing if it works. */
  Optional<String> problemOf(Sandbox sandbox) throws IOException, InterruptedException {
    Path root = Files.createDirectories(directory.resolve("root"));
    Path temporary = Files.createDirectories(directory.resolve("tmp"));
    Logs logs = new Logs(directory.resolve("stdout"), directory.resolve("stderr"));
    Files.deleteIfExists(root.resolve("result"));
    Launch launch =
        new Launch(
            List.of("/bin/sh", "-c", "echo works > result && test \"$PROBE\" = exact"),
            Map.of("PROBE", "exact"),
            root,
            root,
            temporary);
    try (ProcessRunner runner = new ProcessRunner(sandbox)) {
      Outcome outcome = runner.run(launch, logs, LIMITS);
      if (outcome.equals(new Outcome.Exited(0)) && Files.exists(root.resolve("result"))) {
        return Optional.empty();
      }
      return Optional.of(outcome + " " + Files.readString(logs.stderr()).strip());
    } catch (Failure.Unavailable notStarted) {
      return Optional.of(String.valueOf(notStarted.getCause()));
    }
  }
}
