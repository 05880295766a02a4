package dev.millrace.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.DirectoryNode;
import build.bazel.remote.execution.v2.FileNode;
import build.bazel.remote.execution.v2.OutputDirectory;
import build.bazel.remote.execution.v2.OutputFile;
import build.bazel.remote.execution.v2.OutputSymlink;
import build.bazel.remote.execution.v2.Tree;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure.InvalidRequest;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ReferencedBlobsTest {

  private static final DigestFunction FUNCTION = DigestFunction.BLAKE3;

  private static Digest blob(int n) {
    return FUNCTION.digestOf(new byte[] {(byte) n});
  }

  private static build.bazel.remote.execution.v2.Digest proto(int n) {
    return Digests.toProto(blob(n));
  }

  private static OutputFile file(int n) {
    return OutputFile.newBuilder().setPath("f" + n).setDigest(proto(n)).build();
  }

  private static Directory directory(int... files) {
    Directory.Builder directory = Directory.newBuilder();
    for (int n : files) {
      directory.addFiles(FileNode.newBuilder().setName("f" + n).setDigest(proto(n)));
    }
    return directory.build();
  }

  @Test
  void aResultRefersToFilesStreamsTreesAndRoots() {
    ActionResult result =
        ActionResult.newBuilder()
            .addOutputFiles(file(1))
            .addOutputFiles(file(2))
            .addOutputDirectories(
                OutputDirectory.newBuilder()
                    .setTreeDigest(proto(3))
                    .setRootDirectoryDigest(proto(4)))
            .addOutputDirectories(OutputDirectory.newBuilder().setRootDirectoryDigest(proto(5)))
            .addOutputSymlinks(OutputSymlink.newBuilder().setPath("l").setTarget("nowhere"))
            .setStdoutDigest(proto(6))
            .setStderrDigest(proto(7))
            .build();
    assertThat(ReferencedBlobs.of(result, FUNCTION))
        .containsExactly(blob(1), blob(2), blob(3), blob(4), blob(5), blob(6), blob(7));
  }

  @Test
  void whatIsReferredToTwiceIsNamedOnce() {
    ActionResult result =
        ActionResult.newBuilder()
            .addOutputFiles(file(1))
            .addOutputFiles(file(1))
            .setStdoutDigest(proto(1))
            .build();
    assertThat(ReferencedBlobs.of(result, FUNCTION)).containsExactly(blob(1));
  }

  @Test
  void anEmptyResultRefersToNothing() {
    assertThat(ReferencedBlobs.of(ActionResult.getDefaultInstance(), FUNCTION)).isEmpty();
  }

  @Test
  void aTreeRefersToTheFilesOfAllItsDirectories() {
    Tree tree =
        Tree.newBuilder()
            .setRoot(directory(1, 2))
            .addChildren(directory(2, 3))
            .addChildren(directory())
            .addChildren(directory(4))
            .build();
    assertThat(ReferencedBlobs.filesOf(tree, FUNCTION))
        .containsExactly(blob(1), blob(2), blob(3), blob(4));
  }

  @Test
  void aDirectoryRefersToItsFilesAndToItsSubdirectoriesApart() {
    Directory directory =
        directory(1).toBuilder()
            .addDirectories(DirectoryNode.newBuilder().setName("d").setDigest(proto(9)))
            .build();
    assertThat(ReferencedBlobs.filesOf(directory, FUNCTION)).containsExactly(blob(1));
    assertThat(ReferencedBlobs.directoriesOf(directory, FUNCTION)).containsExactly(blob(9));
  }

  @Test
  void aMalformedDigestIsNamedByItsPlace() {
    OutputFile bare = OutputFile.newBuilder().setPath("f").build();
    ActionResult files =
        ActionResult.newBuilder().addOutputFiles(file(1)).addOutputFiles(bare).build();
    refusedAt("output_files[1].digest", () -> ReferencedBlobs.of(files, FUNCTION));

    var broken = build.bazel.remote.execution.v2.Digest.newBuilder().setHash("0").build();
    ActionResult tree =
        ActionResult.newBuilder()
            .addOutputDirectories(OutputDirectory.newBuilder().setTreeDigest(broken))
            .build();
    refusedAt("output_directories[0].tree_digest", () -> ReferencedBlobs.of(tree, FUNCTION));
    ActionResult root =
        ActionResult.newBuilder()
            .addOutputDirectories(OutputDirectory.newBuilder().setRootDirectoryDigest(broken))
            .build();
    refusedAt(
        "output_directories[0].root_directory_digest", () -> ReferencedBlobs.of(root, FUNCTION));
    ActionResult stdout = ActionResult.newBuilder().setStdoutDigest(broken).build();
    refusedAt("stdout_digest", () -> ReferencedBlobs.of(stdout, FUNCTION));
    ActionResult stderr = ActionResult.newBuilder().setStderrDigest(broken).build();
    refusedAt("stderr_digest", () -> ReferencedBlobs.of(stderr, FUNCTION));
  }

  @Test
  void aMalformedDigestInATreeIsNamedByItsPlace() {
    Directory broken = Directory.newBuilder().addFiles(FileNode.newBuilder().setName("f")).build();
    Tree inRoot = Tree.newBuilder().setRoot(broken).build();
    refusedAt("root.files[0].digest", () -> ReferencedBlobs.filesOf(inRoot, FUNCTION));
    Tree inChild = Tree.newBuilder().addChildren(directory(1)).addChildren(broken).build();
    refusedAt("children[1].files[0].digest", () -> ReferencedBlobs.filesOf(inChild, FUNCTION));
    refusedAt("files[0].digest", () -> ReferencedBlobs.filesOf(broken, FUNCTION));
    Directory inDirectory =
        Directory.newBuilder().addDirectories(DirectoryNode.newBuilder().setName("d")).build();
    refusedAt("directories[0].digest", () -> ReferencedBlobs.directoriesOf(inDirectory, FUNCTION));
  }

  private static void refusedAt(String field, ThrowingCallable call) {
    assertThatExceptionOfType(InvalidRequest.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.field()).isEqualTo(field));
  }
}
