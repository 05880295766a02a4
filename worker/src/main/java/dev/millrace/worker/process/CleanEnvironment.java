package dev.millrace.worker.process;

import java.util.ArrayList;
import java.util.List;

/**
 * Starts a command with exactly the environment it asks for, by way of {@code env}: it sets the
 * environment first and looks the program up in that one's PATH, keeps its first argument as given,
 * and ends with 127 and a message where there is no such program, 126 where it cannot be run.
 */
final class CleanEnvironment {

  private CleanEnvironment() {}

  static List<String> commandLine(Launch launch) {
    List<String> line = new ArrayList<>(List.of("/usr/bin/env", "-i", "--"));
    launch.environment().forEach((name, value) -> line.add(name + "=" + value));
    if (launch.arguments().getFirst().indexOf('=') >= 0) {
      // env would take it for one more variable.
      line.addAll(List.of("/usr/bin/nice", "-n", "0", "--"));
    }
    line.addAll(launch.arguments());
    return line;
  }
}
