package dev.millrace.worker.output;

import build.bazel.remote.execution.v2.Command;
import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * The paths at which a command's outputs are expected, and the ways to get there. No way leads out
 * of the action's root, not by {@code ..} and not through symbolic links.
 */
public final class OutputPaths {

  private final Path root;
  private final Path workingDirectory;
  private final List<String> paths;
  private final boolean legacy;

  private OutputPaths(Path root, Path workingDirectory, List<String> paths, boolean legacy) {
    this.root = root;
    this.workingDirectory = workingDirectory;
    this.paths = paths;
    this.legacy = legacy;
  }

  /**
   * The outputs that a command declares.
   *
   * @param root the action's root, without symbolic links in its path
   */
  public static OutputPaths of(Command command, Path root) {
    boolean legacy = command.getOutputPathsCount() == 0;
    LinkedHashSet<String> paths = new LinkedHashSet<>(command.getOutputPathsList());
    if (legacy) {
      paths.addAll(command.getOutputFilesList());
      paths.addAll(command.getOutputDirectoriesList());
    }
    OutputPaths outputs =
        new OutputPaths(
            root, below(root, root, command.getWorkingDirectory()), List.copyOf(paths), legacy);
    paths.forEach(outputs::locate);
    return outputs;
  }

  /** Where the command starts, in the action's root. */
  public Path workingDirectory() {
    return workingDirectory;
  }

  /** Makes the directories that outputs are to be written to; an output itself is not made. */
  public void makeParents() {
    for (String path : paths) {
      Path output = locate(path);
      if (!output.equals(root)) {
        walkToParent(path, output, /* make= */ true);
      }
    }
  }

  List<String> paths() {
    return paths;
  }

  /** Whether the paths come from the fields that {@code output_paths} replaces. */
  boolean isLegacy() {
    return legacy;
  }

  /** The output at a path, not followed if it is a symbolic link; nothing if it is not there. */
  Optional<Path> find(String path) {
    Path output = locate(path);
    if (output.equals(root)) {
      return Optional.of(root);
    }
    return walkToParent(path, output, /* make= */ false)
        .map(parent -> parent.resolve(output.getFileName()))
        .filter(found -> Files.exists(found, LinkOption.NOFOLLOW_LINKS));
  }

  private Path locate(String path) {
    return below(root, workingDirectory, path);
  }

  private static Path below(Path root, Path base, String path) {
    try {
      Path located = base.resolve(path).normalize();
      if (path.startsWith("/") || !located.startsWith(root)) {
        throw leadsOutside(path);
      }
      return located;
    } catch (InvalidPathException e) {
      throw new Failure.InvalidRequest("command", "'" + path + "' cannot be a path");
    }
  }

  /** Goes down a directory at a time; nothing if one is not there. */
  private Optional<Path> walkToParent(String path, Path output, boolean make) {
    try {
      Path current = root;
      Path way = root.relativize(output);
      for (int i = 0; i < way.getNameCount() - 1; i++) {
        Path next = current.resolve(way.getName(i));
        if (Files.isSymbolicLink(next) && Files.exists(next)) {
          next = next.toRealPath();
          if (!next.startsWith(root)) {
            throw leadsOutside(path);
          }
        }
        if (!Files.isDirectory(next, LinkOption.NOFOLLOW_LINKS)) {
          if (!make) {
            return Optional.empty();
          }
          if (Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
            throw new Failure.InvalidRequest(
                "command", "output '" + path + "' leads through an input that is no directory");
          }
          Files.createDirectory(next);
        }
        current = next;
      }
      return Optional.of(current);
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot get to output '" + path + "'", e);
    }
  }

  private static Failure leadsOutside(String path) {
    return new Failure.InvalidRequest(
        "command", "path '" + path + "' leads out of the action's root");
  }
}
