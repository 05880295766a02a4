package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Command.EnvironmentVariable;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.worker.process.Launch;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes something that can be started out of a Command, or says why it cannot be. */
final class CommandLaunch {

  private CommandLaunch() {}

  static Launch of(Command command, Workspace workspace, Path workingDirectory) {
    if (command.getArgumentsCount() == 0 || command.getArguments(0).isEmpty()) {
      throw new InvalidRequest("command.arguments", "there is no program to run");
    }
    command.getArgumentsList().forEach(argument -> requireNoNul(argument, "command.arguments"));
    Map<String, String> environment = new LinkedHashMap<>();
    for (EnvironmentVariable variable : command.getEnvironmentVariablesList()) {
      String name = variable.getName();
      requireNoNul(name + variable.getValue(), "command.environment_variables");
      if (name.isEmpty() || name.indexOf('=') >= 0) {
        throw new InvalidRequest(
            "command.environment_variables", "'" + name + "' cannot be a variable's name");
      }
      environment.put(name, variable.getValue());
    }
    if (!Files.isDirectory(workingDirectory, LinkOption.NOFOLLOW_LINKS)) {
      throw new InvalidRequest(
          "command.working_directory",
          "'%s' is no directory of the input root".formatted(command.getWorkingDirectory()));
    }
    return new Launch(
        command.getArgumentsList(),
        environment,
        workspace.root(),
        workingDirectory,
        workspace.temporary());
  }

  private static void requireNoNul(String text, String field) {
    if (text.indexOf('\0') >= 0) {
      throw new InvalidRequest(field, "contains a NUL");
    }
  }
}
