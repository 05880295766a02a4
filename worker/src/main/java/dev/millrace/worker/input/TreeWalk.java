package dev.millrace.worker.input;

import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.DirectoryNode;
import build.bazel.remote.execution.v2.FileNode;
import build.bazel.remote.execution.v2.SymlinkNode;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Spells out one input tree, a level at a time, so that a level costs one round trip however wide
 * it is. Bounded, since a few small messages can name more directories than any disk holds.
 */
final class TreeWalk {

  /** Linux takes no longer path, the root's own included. */
  private static final int MAX_PATH = 4000;

  private record Step(String path, Digest digest) {}

  private final DirectoryReader reader;
  private final InstanceName instance;
  private final DigestFunction function;
  private final int maxNodes;

  private final List<InputRoot.Directory> directories = new ArrayList<>();
  private final List<InputRoot.File> files = new ArrayList<>();
  private final List<InputRoot.Link> links = new ArrayList<>();
  private final Set<Digest> absent = new LinkedHashSet<>();

  TreeWalk(DirectoryReader reader, InstanceName instance, DigestFunction function, int maxNodes) {
    this.reader = reader;
    this.instance = instance;
    this.function = function;
    this.maxNodes = maxNodes;
  }

  /** Walks everything that can be reached. */
  InputRoot from(Digest root) {
    List<Step> level = List.of(new Step("", root));
    while (!level.isEmpty()) {
      Map<Digest, Directory> read =
          reader.read(instance, new LinkedHashSet<>(level.stream().map(Step::digest).toList()));
      List<Step> next = new ArrayList<>();
      for (Step step : level) {
        Directory directory = read.get(step.digest());
        if (directory == null) {
          absent.add(step.digest());
        } else {
          visit(step.path(), directory, next);
        }
      }
      level = next;
    }
    return new InputRoot(directories, files, links);
  }

  /** Directories that could not be read because they are not stored. */
  Set<Digest> absent() {
    return absent;
  }

  private void visit(String path, Directory directory, List<Step> next) {
    NodeNames.check(path, directory);
    directories.add(new InputRoot.Directory(path, directory.getNodeProperties()));
    for (FileNode node : directory.getFilesList()) {
      String child = child(path, node.getName());
      Digest digest = Digests.fromProto(node.getDigest(), function, "file '" + child + "'");
      files.add(
          new InputRoot.File(child, digest, node.getIsExecutable(), node.getNodeProperties()));
    }
    for (SymlinkNode node : directory.getSymlinksList()) {
      links.add(new InputRoot.Link(child(path, node.getName()), node.getTarget()));
    }
    for (DirectoryNode node : directory.getDirectoriesList()) {
      String child = child(path, node.getName());
      next.add(
          new Step(
              child, Digests.fromProto(node.getDigest(), function, "directory '" + child + "'")));
    }
    if (directories.size() + files.size() + links.size() + next.size() > maxNodes) {
      throw new Failure.Exhausted(
          "the input root has more than the %d files and directories allowed".formatted(maxNodes));
    }
  }

  private static String child(String path, String name) {
    String child = path.isEmpty() ? name : path + "/" + name;
    if (child.length() > MAX_PATH) {
      throw new Failure.InvalidRequest(
          "input_root_digest", "has a path of more than " + MAX_PATH + " characters");
    }
    return child;
  }
}
