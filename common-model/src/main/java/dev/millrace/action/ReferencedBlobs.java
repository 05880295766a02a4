package dev.millrace.action;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.OutputDirectory;
import build.bazel.remote.execution.v2.OutputFile;
import build.bazel.remote.execution.v2.Tree;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import java.util.LinkedHashSet;
import java.util.Set;

/** The blobs that messages refer to; a malformed digest in one of them is an invalid request. */
public final class ReferencedBlobs {

  private ReferencedBlobs() {}

  /** Blobs that a result names itself: files, stdout, stderr, and the roots of directories. */
  public static Set<Digest> of(ActionResult result, DigestFunction function) {
    Set<Digest> blobs = new LinkedHashSet<>();
    for (int i = 0; i < result.getOutputFilesCount(); i++) {
      OutputFile file = result.getOutputFiles(i);
      blobs.add(Digests.fromProto(file.getDigest(), function, "output_files[" + i + "].digest"));
    }
    for (int i = 0; i < result.getOutputDirectoriesCount(); i++) {
      OutputDirectory directory = result.getOutputDirectories(i);
      String field = "output_directories[" + i + "]";
      if (directory.hasTreeDigest()) {
        blobs.add(Digests.fromProto(directory.getTreeDigest(), function, field + ".tree_digest"));
      }
      if (directory.hasRootDirectoryDigest()) {
        blobs.add(
            Digests.fromProto(
                directory.getRootDirectoryDigest(), function, field + ".root_directory_digest"));
      }
    }
    if (result.hasStdoutDigest()) {
      blobs.add(Digests.fromProto(result.getStdoutDigest(), function, "stdout_digest"));
    }
    if (result.hasStderrDigest()) {
      blobs.add(Digests.fromProto(result.getStderrDigest(), function, "stderr_digest"));
    }
    return blobs;
  }

  /** Files of a tree, in all of its directories; its directories are part of the tree itself. */
  public static Set<Digest> filesOf(Tree tree, DigestFunction function) {
    Set<Digest> blobs = new LinkedHashSet<>();
    addFiles(tree.getRoot(), function, "root.", blobs);
    for (int i = 0; i < tree.getChildrenCount(); i++) {
      addFiles(tree.getChildren(i), function, "children[" + i + "].", blobs);
    }
    return blobs;
  }

  /** Files that a directory holds itself. */
  public static Set<Digest> filesOf(Directory directory, DigestFunction function) {
    Set<Digest> blobs = new LinkedHashSet<>();
    addFiles(directory, function, "", blobs);
    return blobs;
  }

  /** Digests of a directory's immediate subdirectories, which are Directory messages. */
  public static Set<Digest> directoriesOf(Directory directory, DigestFunction function) {
    Set<Digest> blobs = new LinkedHashSet<>();
    for (int i = 0; i < directory.getDirectoriesCount(); i++) {
      blobs.add(
          Digests.fromProto(
              directory.getDirectories(i).getDigest(), function, "directories[" + i + "].digest"));
    }
    return blobs;
  }

  private static void addFiles(
      Directory directory, DigestFunction function, String path, Set<Digest> blobs) {
    for (int i = 0; i < directory.getFilesCount(); i++) {
      blobs.add(
          Digests.fromProto(
              directory.getFiles(i).getDigest(), function, path + "files[" + i + "].digest"));
    }
  }
}
