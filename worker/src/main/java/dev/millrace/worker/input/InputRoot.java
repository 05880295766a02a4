package dev.millrace.worker.input;

import build.bazel.remote.execution.v2.NodeProperties;
import dev.millrace.digest.Digest;
import java.util.List;

/**
 * An input tree spelled out: everything that is to be made, by its path below the root, parents
 * before children. The names in it are safe to make.
 */
record InputRoot(List<Directory> directories, List<File> files, List<Link> links) {

  InputRoot {
    directories = List.copyOf(directories);
    files = List.copyOf(files);
    links = List.copyOf(links);
  }

  /** A directory below the root. */
  record Directory(String path, NodeProperties properties) {}

  /** A file, with its properties as asked for. */
  record File(String path, Digest digest, boolean executable, NodeProperties properties) {

    /** Whether it must be a file of its own, because its attributes are. */
    boolean isIndividual() {
      return properties.hasMtime() || properties.hasUnixMode();
    }
  }

  /** A symbolic link; where it points to is not looked at. */
  record Link(String path, String target) {}
}
