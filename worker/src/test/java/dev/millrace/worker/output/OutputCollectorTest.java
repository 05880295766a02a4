package dev.millrace.worker.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Command.OutputDirectoryFormat;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.DirectoryNode;
import build.bazel.remote.execution.v2.OutputDirectory;
import build.bazel.remote.execution.v2.Tree;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputCollectorTest {

  private static final DigestFunction FUNCTION = DigestFunction.SHA256;

  @TempDir Path temp;
  Path root;
  final MemoryBlobStore memory = new MemoryBlobStore();

  @BeforeEach
  void resolve() throws IOException {
    root = temp.toRealPath();
  }

  @Test
  void aDirectoryIsATreeWithEqualDirectoriesOnceAndParentsFirst() throws Exception {
    write("out/a/same/file", "x");
    write("out/b/same/file", "x");
    write("out/top", "y");
    Files.createDirectories(root.resolve("out/c/empty"));

    ActionResult result = collect(Command.newBuilder().addOutputPaths("out"));

    OutputDirectory directory = result.getOutputDirectories(0);
    assertThat(directory.getIsTopologicallySorted()).isTrue();
    assertThat(directory.hasRootDirectoryDigest()).isFalse();
    Tree tree = Tree.parseFrom(blob(directory.getTreeDigest()));
    // a and b are equal, too.
    assertThat(tree.getChildrenCount()).isEqualTo(4);
    assertParentsFirst(tree);
    assertThat(tree.getRoot().getDirectoriesList())
        .extracting(DirectoryNode::getName)
        .containsExactly("a", "b", "c");
    assertThat(tree.getRoot().getFilesList()).extracting("name").containsExactly("top");
  }

  @Test
  void aDirectoryIsAHierarchyOfDirectoriesWhereThatIsAsked() throws Exception {
    write("out/a/file", "x");

    OutputDirectory onlyDirectories =
        collect(
                Command.newBuilder()
                    .addOutputPaths("out")
                    .setOutputDirectoryFormat(OutputDirectoryFormat.DIRECTORY_ONLY))
            .getOutputDirectories(0);
    OutputDirectory both =
        collect(
                Command.newBuilder()
                    .addOutputPaths("out")
                    .setOutputDirectoryFormat(OutputDirectoryFormat.TREE_AND_DIRECTORY))
            .getOutputDirectories(0);

    assertThat(onlyDirectories.hasTreeDigest()).isFalse();
    assertThat(both.hasTreeDigest()).isTrue();
    assertThat(both.getRootDirectoryDigest()).isEqualTo(onlyDirectories.getRootDirectoryDigest());
    Directory top = Directory.parseFrom(blob(both.getRootDirectoryDigest()));
    Directory a = Directory.parseFrom(blob(top.getDirectories(0).getDigest()));
    assertThat(a.getFiles(0).getName()).isEqualTo("file");
  }

  @Test
  void theWholeWorkingDirectoryCanBeAnOutput() throws Exception {
    write("w/file", "x");

    ActionResult result = collect(Command.newBuilder().setWorkingDirectory("w").addOutputPaths(""));

    assertThat(result.getOutputDirectories(0).getPath()).isEmpty();
    assertThat(
            Tree.parseFrom(blob(result.getOutputDirectories(0).getTreeDigest()))
                .getRoot()
                .getFilesList())
        .extracting("name")
        .containsExactly("file");
  }

  @Test
  void attributesAreToldIfTheyAreAskedFor() throws Exception {
    Path file = write("file", "x");
    write("dir/script", "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x---"));
    Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_234_567_890, 5000)));

    Command.Builder command = Command.newBuilder().addOutputPaths("file").addOutputPaths("dir");
    ActionResult without = collect(command);
    ActionResult with =
        collect(command.addOutputNodeProperties("mtime").addOutputNodeProperties("unix_mode"));

    assertThat(without.getOutputFiles(0).hasNodeProperties()).isFalse();
    assertThat(with.getOutputFiles(0).getIsExecutable()).isTrue();
    var properties = with.getOutputFiles(0).getNodeProperties();
    assertThat(properties.getUnixMode().getValue()).isEqualTo(0750);
    assertThat(properties.getMtime().getSeconds()).isEqualTo(1_234_567_890);
    assertThat(properties.getMtime().getNanos()).isEqualTo(5000);
    Tree tree = Tree.parseFrom(blob(with.getOutputDirectories(0).getTreeDigest()));
    assertThat(tree.getRoot().hasNodeProperties()).isTrue();
    assertThat(tree.getRoot().getFiles(0).getNodeProperties().hasMtime()).isTrue();
  }

  @Test
  void theFieldsThatOutputPathsReplacesHaveFieldsForLinksOfTheirOwn() throws Exception {
    write("dir/file", "x");
    Files.createSymbolicLink(root.resolve("to-file"), Path.of("dir/file"));
    Files.createSymbolicLink(root.resolve("to-dir"), Path.of("dir"));
    Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));

    ActionResult result =
        collect(
            Command.newBuilder()
                .addOutputFiles("to-file")
                .addOutputFiles("dangling")
                .addOutputFiles("dir/file")
                .addOutputDirectories("to-dir")
                .addOutputDirectories("dir"));

    assertThat(result.getOutputFileSymlinksList())
        .extracting("path")
        .containsExactly("to-file", "dangling");
    assertThat(result.getOutputDirectorySymlinksList())
        .extracting("path")
        .containsExactly("to-dir");
    assertThat(result.getOutputSymlinksList()).isEmpty();
    assertThat(result.getOutputFilesCount()).isEqualTo(1);
    assertThat(result.getOutputDirectoriesCount()).isEqualTo(1);
  }

  @Test
  void linksInsideADirectoryStayLinks() throws Exception {
    Files.createDirectories(root.resolve("out"));
    Files.createSymbolicLink(root.resolve("out/absolute"), Path.of("/etc"));

    ActionResult result = collect(Command.newBuilder().addOutputPaths("out"));

    Tree tree = Tree.parseFrom(blob(result.getOutputDirectories(0).getTreeDigest()));
    assertThat(tree.getRoot().getSymlinks(0).getTarget()).isEqualTo("/etc");
  }

  @Test
  void aSpecialFileIsNamed() throws Exception {
    Files.createDirectories(root.resolve("out"));
    assertThat(new ProcessBuilder("mkfifo", root.resolve("out/pipe").toString()).start().waitFor())
        .isZero();

    assertThatThrownBy(() -> collect(Command.newBuilder().addOutputPaths("out")))
        .isInstanceOf(Failure.InvalidRequest.class)
        .hasMessageContaining("pipe");
    assertThatThrownBy(() -> collect(Command.newBuilder().addOutputPaths("out/pipe")))
        .isInstanceOf(Failure.InvalidRequest.class)
        .hasMessageContaining("out/pipe");
  }

  @Test
  void deepDirectoriesAreDescribed() throws Exception {
    write("out/" + "d/".repeat(800) + "file", "x");

    ActionResult result = collect(Command.newBuilder().addOutputPaths("out"));

    Tree tree = Tree.parseFrom(blob(result.getOutputDirectories(0).getTreeDigest()));
    assertThat(tree.getChildrenCount()).isEqualTo(800);
    assertParentsFirst(tree);
  }

  @Test
  void onlyWhatIsMissingIsUploaded() throws Exception {
    write("known", "known");
    write("new", "new");
    Digest known = FUNCTION.digestOf("known".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Blobs.write(
        memory, InstanceName.ROOT, known, com.google.protobuf.ByteString.copyFromUtf8("known"));
    Set<Digest> written = new HashSet<>();
    OutputFiles files = new OutputFiles(FUNCTION);
    new OutputCollector(Command.getDefaultInstance(), FUNCTION, files)
        .collect(
            OutputPaths.of(
                Command.newBuilder().addAllOutputPaths(List.of("known", "new")).build(), root),
            ActionResult.newBuilder());

    new OutputUploader(new RecordingBlobStore(memory, written)).upload(InstanceName.ROOT, files);

    assertThat(written)
        .containsExactly(
            FUNCTION.digestOf("new".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  @Test
  void largeOutputsAreStreamed() throws Exception {
    byte[] large = new byte[3 << 20];
    large[1 << 20] = 1;
    Files.write(root.resolve("large"), large);

    ActionResult result = collect(Command.newBuilder().addOutputPaths("large"));

    assertThat(blob(result.getOutputFiles(0).getDigest())).isEqualTo(large);
  }

  private ActionResult collect(Command.Builder builder) {
    Command command = builder.build();
    OutputFiles files = new OutputFiles(FUNCTION);
    ActionResult.Builder result = ActionResult.newBuilder();
    new OutputCollector(command, FUNCTION, files).collect(OutputPaths.of(command, root), result);
    new OutputUploader(new VerifyingBlobStore(memory)).upload(InstanceName.ROOT, files);
    return result.build();
  }

  private static void assertParentsFirst(Tree tree) {
    Set<String> named = new HashSet<>();
    tree.getRoot().getDirectoriesList().forEach(node -> named.add(node.getDigest().getHash()));
    for (Directory child : tree.getChildrenList()) {
      assertThat(named).contains(FUNCTION.digestOf(child.toByteArray()).hash());
      child.getDirectoriesList().forEach(node -> named.add(node.getDigest().getHash()));
    }
  }

  private byte[] blob(build.bazel.remote.execution.v2.Digest digest) {
    return Blobs.read(
            memory,
            InstanceName.ROOT,
            Digests.fromProto(digest, FUNCTION, "digest"),
            Integer.MAX_VALUE)
        .toByteArray();
  }

  private Path write(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }
}
