package dev.millrace.worker.input;

import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.SymlinkNode;
import dev.millrace.failure.Failure.InvalidRequest;
import java.util.HashSet;
import java.util.Set;

/**
 * Which names may occur in an input directory: each once, and each a single step down. With that,
 * no path made of them leaves the root or goes through a symbolic link.
 */
final class NodeNames {

  private final String directory;
  private final Set<String> seen = new HashSet<>();

  private NodeNames(String directory) {
    this.directory = directory;
  }

  /** Fails on the first name that may not be made. */
  static void check(String path, Directory directory) {
    NodeNames names = new NodeNames(path);
    directory.getFilesList().forEach(node -> names.check(node.getName()));
    directory.getDirectoriesList().forEach(node -> names.check(node.getName()));
    directory.getSymlinksList().forEach(names::check);
  }

  private void check(SymlinkNode node) {
    check(node.getName());
    if (node.getTarget().isEmpty() || node.getTarget().indexOf('\0') >= 0) {
      throw problem(node.getName(), "is a symbolic link with an empty or impossible target");
    }
  }

  private void check(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      throw problem(name, "is not a name");
    }
    if (name.indexOf('/') >= 0 || name.indexOf('\0') >= 0) {
      throw problem(name, "contains a slash or a NUL");
    }
    if (!seen.add(name)) {
      throw problem(name, "occurs twice");
    }
  }

  private InvalidRequest problem(String name, String problem) {
    return new InvalidRequest(
        "input_root_digest",
        "in directory '%s', the name '%s' %s".formatted(directory, name, problem));
  }
}
