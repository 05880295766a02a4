package dev.millrace.worker.output;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Command.OutputDirectoryFormat;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.OutputDirectory;
import build.bazel.remote.execution.v2.OutputFile;
import build.bazel.remote.execution.v2.OutputSymlink;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Describes what a command left at the paths that it declared, in the way that it asked for. What
 * is not there is left out: whether that is an error is for the client to say.
 */
public final class OutputCollector {

  private final DigestFunction function;
  private final OutputFiles files;
  private final NodeAttributes attributes;
  private final boolean asTree;
  private final boolean asDirectories;

  /**
   * @param command what was run
   * @param files takes in what is found
   */
  public OutputCollector(Command command, DigestFunction function, OutputFiles files) {
    this.function = function;
    this.files = files;
    this.attributes = NodeAttributes.of(command.getOutputNodePropertiesList());
    OutputDirectoryFormat format = command.getOutputDirectoryFormat();
    this.asTree = format != OutputDirectoryFormat.DIRECTORY_ONLY;
    this.asDirectories =
        format == OutputDirectoryFormat.DIRECTORY_ONLY
            || format == OutputDirectoryFormat.TREE_AND_DIRECTORY;
  }

  /** Adds to a result what is at these paths. */
  public void collect(OutputPaths outputs, ActionResult.Builder result) {
    for (String path : outputs.paths()) {
      try {
        Path found = outputs.find(path).orElse(null);
        if (found != null) {
          add(path, found, outputs.isLegacy(), result);
        }
      } catch (IOException e) {
        throw new Failure.Unavailable("cannot read output '" + path + "'", e);
      }
    }
  }

  private void add(String path, Path found, boolean legacy, ActionResult.Builder result)
      throws IOException {
    BasicFileAttributes kind =
        Files.readAttributes(found, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (kind.isSymbolicLink()) {
      addLink(path, found, legacy, result);
    } else if (kind.isDirectory()) {
      result.addOutputDirectories(directory(path, found));
    } else if (kind.isRegularFile()) {
      OutputFile.Builder file = OutputFile.newBuilder().setPath(path);
      attributes.read(found).ifPresent(file::setNodeProperties);
      file.setIsExecutable(OutputFiles.isExecutable(found));
      result.addOutputFiles(file.setDigest(Digests.toProto(files.add(found))));
    } else {
      throw SpecialFile.at(path);
    }
  }

  /** As it is, wherever it points to; nothing is read through it. */
  private void addLink(String path, Path found, boolean legacy, ActionResult.Builder result)
      throws IOException {
    OutputSymlink.Builder link =
        OutputSymlink.newBuilder()
            .setPath(path)
            .setTarget(Files.readSymbolicLink(found).toString());
    attributes.read(found).ifPresent(link::setNodeProperties);
    // output_symlinks is for commands that use output_paths; the others know two older fields.
    if (!legacy) {
      result.addOutputSymlinks(link);
    } else if (Files.isDirectory(found)) {
      result.addOutputDirectorySymlinks(link);
    } else {
      result.addOutputFileSymlinks(link);
    }
  }

  private OutputDirectory directory(String path, Path found) throws IOException {
    DirectoryScan scan = new DirectoryScan(found, function, attributes, files);
    OutputDirectory.Builder directory = OutputDirectory.newBuilder().setPath(path);
    if (asTree) {
      directory
          .setTreeDigest(Digests.toProto(files.add(scan.tree().toByteString())))
          .setIsTopologicallySorted(true);
    }
    if (asDirectories) {
      for (Directory child : scan.children()) {
        files.add(child.toByteString());
      }
      directory.setRootDirectoryDigest(Digests.toProto(files.add(scan.root().toByteString())));
    }
    return directory.build();
  }
}
