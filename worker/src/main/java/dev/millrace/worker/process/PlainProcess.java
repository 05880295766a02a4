package dev.millrace.worker.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * No sandbox: the command sees and reaches all that the worker does. It gets a session of its own,
 * by which its descendants are found afterwards; one that leaves the session is still found by its
 * working directory, as long as that is in the action's root.
 */
public final class PlainProcess implements Sandbox {

  private static final Path SETSID = Path.of("/usr/bin/setsid");

  private final boolean hasSetsid = Files.isExecutable(SETSID);

  @Override
  public List<String> commandLine(Launch launch) {
    List<String> line = new ArrayList<>();
    if (hasSetsid) {
      line.add(SETSID.toString());
    }
    line.addAll(CleanEnvironment.commandLine(launch));
    return line;
  }

  @Override
  public void kill(Process process, Launch launch) {
    process.destroyForcibly();
    new LeftoverProcesses(process.pid(), launch.root()).kill();
  }

  @Override
  public String toString() {
    return "no sandbox";
  }
}
