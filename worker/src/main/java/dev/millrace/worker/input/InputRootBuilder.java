package dev.millrace.worker.input;

import build.bazel.remote.execution.v2.NodeProperties;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.filecache.Placement;
import dev.millrace.worker.filecache.Stamp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes an action's input root on disk: directories, files out of the file cache, symbolic links.
 * Either everything is there afterwards or it fails; blobs that are missing are named all at once.
 */
public final class InputRootBuilder {

  private static final long REMEMBERED_DIRECTORY_BYTES = 64L * 1024 * 1024;

  private final InputFiles inputFiles;
  private final DirectoryReader directoryReader;
  private final int maxNodes;

  /**
   * @param inputFiles where files come from
   * @param maxNodes the most files, directories and links that an input root may have
   */
  public InputRootBuilder(InputFiles inputFiles, int maxNodes) {
    this.inputFiles = inputFiles;
    this.directoryReader = new DirectoryReader(inputFiles.store(), REMEMBERED_DIRECTORY_BYTES);
    this.maxNodes = maxNodes;
  }

  /**
   * Fills an empty directory with an input tree.
   *
   * @param instance whose blobs are read
   * @param tree the digest of the tree's root Directory
   * @param root the directory to fill
   * @param placement how files get into it
   * @throws Failure.BlobsMissing if parts of the tree or files in it are not stored
   */
  public BuiltInputs build(InstanceName instance, Digest tree, Path root, Placement placement)
      throws InterruptedException {
    TreeWalk walk = new TreeWalk(directoryReader, instance, tree.function(), maxNodes);
    InputRoot inputs = walk.from(tree);
    if (!walk.absent().isEmpty()) {
      Set<Digest> missing = new LinkedHashSet<>(walk.absent());
      missing.addAll(inputFiles.findMissing(instance, inputs.files()));
      throw new Failure.BlobsMissing("inputs", List.copyOf(missing));
    }
    try {
      for (InputRoot.Directory directory : inputs.directories()) {
        if (!directory.path().isEmpty()) {
          Files.createDirectory(root.resolve(directory.path()));
        }
      }
      Map<Path, Stamp> linked = inputFiles.place(instance, inputs.files(), root, placement);
      for (InputRoot.Link link : inputs.links()) {
        Files.createSymbolicLink(root.resolve(link.path()), Path.of(link.target()));
      }
      // Last, and from the leaves up, because every file made changes its directory's time.
      for (InputRoot.Directory directory : inputs.directories().reversed()) {
        apply(directory.properties(), root.resolve(directory.path()));
      }
      return new BuiltInputs(linked);
    } catch (InvalidPathException e) {
      throw new Failure.InvalidRequest(
          "input_root_digest",
          "'%s' cannot be a file name on this worker (character set %s)"
              .formatted(e.getInput(), System.getProperty("sun.jnu.encoding")));
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot build the input root in " + root, e);
    }
  }

  static void apply(NodeProperties properties, Path path) throws IOException {
    if (properties.hasUnixMode()) {
      Files.setAttribute(path, "unix:mode", properties.getUnixMode().getValue() & 0777);
    }
    if (properties.hasMtime()) {
      Instant mtime =
          Instant.ofEpochSecond(
              properties.getMtime().getSeconds(), properties.getMtime().getNanos());
      Files.setLastModifiedTime(path, FileTime.from(mtime));
    }
  }
}
