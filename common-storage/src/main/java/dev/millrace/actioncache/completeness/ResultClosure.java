package dev.millrace.actioncache.completeness;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.OutputDirectory;
import build.bazel.remote.execution.v2.Tree;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.action.ReferencedBlobs;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Everything that one result refers to, followed through its trees and directories: each of those
 * is read once, a level of directories in one batch. Used once, by one thread.
 */
final class ResultClosure {

  private final BlobStore blobs;
  private final InstanceName instance;
  private final DigestFunction function;

  /** Bytes of trees and directories that may still be read. */
  private long allowance;

  private final Set<Digest> referenced = new LinkedHashSet<>();
  private final Set<Digest> absent = new LinkedHashSet<>();

  /**
   * @param allowance the most bytes of trees and directories that are read to follow them
   */
  ResultClosure(BlobStore blobs, InstanceName instance, DigestFunction function, long allowance) {
    this.blobs = blobs;
    this.instance = instance;
    this.function = function;
    this.allowance = allowance;
  }

  /**
   * The blobs that the result refers to and that are not stored. Those that are count as used.
   *
   * @throws Failure.InvalidRequest if the result, or a tree or directory that it refers to, is
   *     malformed
   * @throws Failure.Exhausted if its trees are larger than what may be read
   */
  Set<Digest> missing(ActionResult result) {
    referenced.addAll(ReferencedBlobs.of(result, function));
    Set<Digest> trees = new LinkedHashSet<>();
    Set<Digest> roots = new LinkedHashSet<>();
    for (OutputDirectory directory : result.getOutputDirectoriesList()) {
      if (directory.hasTreeDigest()) {
        trees.add(Digests.fromProto(directory.getTreeDigest(), function, "tree_digest"));
      }
      if (directory.hasRootDirectoryDigest()) {
        roots.add(
            Digests.fromProto(
                directory.getRootDirectoryDigest(), function, "root_directory_digest"));
      }
    }
    followTrees(trees);
    followDirectories(roots);
    referenced.removeAll(absent);
    absent.addAll(blobs.findMissing(instance, referenced));
    return absent;
  }

  private void followTrees(Set<Digest> trees) {
    read(trees)
        .forEach((digest, content) -> {
          try {
            referenced.addAll(ReferencedBlobs.filesOf(Tree.parseFrom(content), function));
          } catch (InvalidProtocolBufferException | Failure.InvalidRequest e) {
            throw malformed(digest, "a Tree", e);
          }
        });
  }

  private void followDirectories(Set<Digest> roots) {
    Set<Digest> seen = new LinkedHashSet<>(roots);
    Set<Digest> level = roots;
    while (!level.isEmpty()) {
      Set<Digest> next = new LinkedHashSet<>();
      read(level)
          .forEach((digest, content) -> {
            try {
              Directory directory = Directory.parseFrom(content);
              referenced.addAll(ReferencedBlobs.filesOf(directory, function));
              next.addAll(ReferencedBlobs.directoriesOf(directory, function));
            } catch (InvalidProtocolBufferException | Failure.InvalidRequest e) {
              throw malformed(digest, "a Directory", e);
            }
          });
      // A directory below several parents is followed once.
      next.removeIf(directory -> !seen.add(directory));
      referenced.addAll(next);
      level = next;
    }
  }

  private Map<Digest, ByteString> read(Set<Digest> digests) {
    if (digests.isEmpty()) {
      return Map.of();
    }
    for (Digest digest : digests) {
      // Checked one by one: sizes are what a client says they are, and must not overflow a sum.
      if (digest.sizeBytes() > allowance) {
        throw new Failure.Exhausted(
            "the result's trees are larger than can be checked, at " + digest);
      }
      allowance -= digest.sizeBytes();
    }
    Map<Digest, ByteString> contents = blobs.readAll(instance, digests);
    digests.stream().filter(digest -> !contents.containsKey(digest)).forEach(absent::add);
    return contents;
  }

  private static Failure.InvalidRequest malformed(Digest digest, String expected, Exception why) {
    return new Failure.InvalidRequest(
        "action_result.output_directories",
        "blob %s is not %s: %s".formatted(digest, expected, why.getMessage()));
  }
}
