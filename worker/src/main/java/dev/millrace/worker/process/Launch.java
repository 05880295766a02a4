package dev.millrace.worker.process;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A command as it is to be started.
 *
 * @param arguments the program and its arguments; a program without a slash is looked up in the
 *     environment's PATH, one with a slash from the working directory
 * @param environment all of its environment variables; the worker's own are not inherited
 * @param root the directory that it may write to
 * @param workingDirectory where it starts, {@code root} or a directory below it
 * @param temporary an empty directory, to be used for temporary files where a sandbox can tell the
 *     command to
 */
public record Launch(
    List<String> arguments,
    Map<String, String> environment,
    Path root,
    Path workingDirectory,
    Path temporary) {

  public Launch {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
    if (arguments.isEmpty()) {
      throw new IllegalArgumentException("arguments: a command has at least a program");
    }
    if (!workingDirectory.startsWith(root)) {
      throw new IllegalArgumentException("workingDirectory: must be in " + root);
    }
  }
}
