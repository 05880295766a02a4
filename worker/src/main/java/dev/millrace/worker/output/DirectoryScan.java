package dev.millrace.worker.output;

import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.DirectoryNode;
import build.bazel.remote.execution.v2.FileNode;
import build.bazel.remote.execution.v2.SymlinkNode;
import build.bazel.remote.execution.v2.Tree;
import com.google.protobuf.ByteString;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Describes one output directory with everything in it, equal directories once. */
final class DirectoryScan {

  private final Path top;
  private final DigestFunction function;
  private final NodeAttributes attributes;
  private final OutputFiles files;

  /** All directories but the root, children before parents. */
  private final Map<Digest, Directory> children = new LinkedHashMap<>();

  private final Directory root;

  DirectoryScan(Path top, DigestFunction function, NodeAttributes attributes, OutputFiles files)
      throws IOException {
    this.top = top;
    this.function = function;
    this.attributes = attributes;
    this.files = files;
    this.root = describe(top);
  }

  Directory root() {
    return root;
  }

  /** The directories below the root, in no particular order. */
  Iterable<Directory> children() {
    return children.values();
  }

  /** The tree with every directory before those in it. */
  Tree tree() {
    // Visited children first, each once: backwards, nothing comes before what contains it.
    List<Directory> parentsFirst = new ArrayList<>(children.values()).reversed();
    return Tree.newBuilder().setRoot(root).addAllChildren(parentsFirst).build();
  }

  private Directory describe(Path directory) throws IOException {
    Directory.Builder described = Directory.newBuilder();
    attributes.read(directory).ifPresent(described::setNodeProperties);
    for (Path child : list(directory)) {
      String name = child.getFileName().toString();
      BasicFileAttributes kind =
          Files.readAttributes(child, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (kind.isDirectory()) {
        Directory below = describe(child);
        // By digest alone, without taking the message in: whether it is uploaded is not known yet.
        Digest digest = function.digestOf(below.toByteArray());
        children.putIfAbsent(digest, below);
        described.addDirectories(
            DirectoryNode.newBuilder().setName(name).setDigest(Digests.toProto(digest)));
      } else if (kind.isSymbolicLink()) {
        SymlinkNode.Builder link =
            SymlinkNode.newBuilder()
                .setName(name)
                .setTarget(Files.readSymbolicLink(child).toString());
        attributes.read(child).ifPresent(link::setNodeProperties);
        described.addSymlinks(link);
      } else if (kind.isRegularFile()) {
        FileNode.Builder file = FileNode.newBuilder().setName(name);
        attributes.read(child).ifPresent(file::setNodeProperties);
        file.setIsExecutable(OutputFiles.isExecutable(child));
        file.setDigest(Digests.toProto(files.add(child)));
        described.addFiles(file);
      } else {
        throw SpecialFile.at(top.relativize(child).toString());
      }
    }
    return described.build();
  }

  /** Sorted by the bytes of the names, as a Directory has to be. */
  private static List<Path> list(Path directory) throws IOException {
    OutputFiles.allowListing(directory);
    List<Path> list = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path child : stream) {
        SpecialFile.checkName(child);
        list.add(child);
      }
    }
    list.sort(
        Comparator.comparing(
            child -> ByteString.copyFromUtf8(child.getFileName().toString()),
            ByteString.unsignedLexicographicalComparator()));
    return list;
  }
}
