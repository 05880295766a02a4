package dev.millrace.worker.action;

import static dev.millrace.worker.action.ActionFixture.FUNCTION;
import static dev.millrace.worker.action.ActionFixture.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Command.EnvironmentVariable;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import build.bazel.remote.execution.v2.FileNode;
import build.bazel.remote.execution.v2.OutputSymlink;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.millrace.digest.Digest;
import dev.millrace.digest.wire.Digests;
import dev.millrace.failure.Failure;
import dev.millrace.worker.filecache.Placement;
import dev.millrace.worker.process.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of actions in every sandbox, with real processes. */
@Timeout(120)
abstract class ActionRunnerContract {

  @TempDir Path directory;
  ActionFixture fixture;

  /** The sandbox under test, for actions that run below a directory. */
  abstract Sandbox sandbox();

  @BeforeEach
  void open() throws IOException {
    fixture = new ActionFixture(directory, sandbox());
  }

  @AfterEach
  void nothingIsLeftOfAnyAction() {
    assertThat(fixture.work).isEmptyDirectory();
    fixture.close();
  }

  @Test
  void anActionRunsFromItsDigestToItsStoredOutputs() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            shell("cat in/a in/b > out/sum && in/tool >&2 && echo done && exit 3")
                .addOutputPaths("out/sum")
                .addOutputPaths("out/missing"),
            Map.of("in/a", "one\n", "in/b", "two\n", "in/tool", "#!/bin/sh\necho from tool\n"));

    ActionResult result = outcome.result();
    assertThat(outcome).isInstanceOf(ActionOutcome.Finished.class);
    assertThat(result.getExitCode()).isEqualTo(3);
    assertThat(stdout(outcome)).isEqualTo("done\n");
    assertThat(stderr(outcome)).isEqualTo("from tool\n");
    assertThat(result.getOutputFilesList())
        .singleElement()
        .satisfies(file -> {
          assertThat(file.getPath()).isEqualTo("out/sum");
          assertThat(file.getIsExecutable()).isFalse();
          assertThat(fixture.text(file.getDigest())).isEqualTo("one\ntwo\n");
        });
  }

  @Test
  void metadataSaysWhenWhatHappened() throws Exception {
    List<ExecutedActionMetadata> progress = new ArrayList<>();
    Action action = fixture.action(shell("true"), fixture.tree(Map.of()));

    ExecutedActionMetadata metadata =
        fixture
            .runner
            .run(new ActionOrder.Inline(ActionFixture.INSTANCE, action, FUNCTION), progress::add)
            .result()
            .getExecutionMetadata();

    assertThat(metadata.getWorker()).isEqualTo("tester");
    assertThat(
            Stream.of(
                    metadata.getWorkerStartTimestamp(),
                    metadata.getInputFetchStartTimestamp(),
                    metadata.getInputFetchCompletedTimestamp(),
                    metadata.getExecutionStartTimestamp(),
                    metadata.getExecutionCompletedTimestamp(),
                    metadata.getOutputUploadStartTimestamp(),
                    metadata.getOutputUploadCompletedTimestamp(),
                    metadata.getWorkerCompletedTimestamp())
                .map(ActionRunnerContract::instant))
        .isSorted()
        .allMatch(instant -> instant.isAfter(Instant.EPOCH));
    assertThat(metadata.hasVirtualExecutionDuration()).isTrue();
    assertThat(progress).isNotEmpty();
    assertThat(progress.getLast()).isEqualTo(metadata);
  }

  @Test
  void theEnvironmentIsExactlyTheCommands() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            Command.newBuilder()
                .addArguments("/usr/bin/env")
                .addEnvironmentVariables(variable("A", "1"))
                .addEnvironmentVariables(variable("-odd name", "two words\nand lines")),
            Map.of());

    assertThat(stdout(outcome).lines().sorted())
        .containsExactly("-odd name=two words", "A=1", "and lines");
  }

  @Test
  void aProgramWithoutASlashIsLookedUpInTheCommandsPath() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            Command.newBuilder()
                .addArguments("mine")
                .addEnvironmentVariables(variable("PATH", "tools:/usr/bin:/bin")),
            Map.of("tools/mine", "#!/bin/sh\necho mine"));

    assertThat(stdout(outcome)).isEqualTo("mine\n");
  }

  @Test
  void aProgramWithASlashIsRelativeToTheWorkingDirectory() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            Command.newBuilder()
                .addArguments("../to=ols/m")
                .setWorkingDirectory("sub")
                .addOutputPaths("made/file")
                .addOutputPaths("../beside"),
            Map.of("sub/", "", "to=ols/m", "#!/bin/sh\necho $0; >made/file; >../beside"));

    assertThat(stdout(outcome)).isEqualTo("../to=ols/m\n");
    assertThat(outcome.result().getOutputFilesList())
        .extracting("path")
        .containsExactly("made/file", "../beside");
  }

  @Test
  void aProgramThatIsNotThereIsExitCode127() throws Exception {
    ActionOutcome outcome =
        fixture.run(Command.newBuilder().addArguments("no-such-program"), Map.of());

    assertThat(outcome.result().getExitCode()).isEqualTo(127);
    assertThat(stderr(outcome)).contains("no-such-program");
  }

  @Test
  void aProgramThatCannotBeRunIsExitCode126() throws Exception {
    ActionOutcome outcome =
        fixture.run(Command.newBuilder().addArguments("./text"), Map.of("text", "words"));

    assertThat(outcome.result().getExitCode()).isEqualTo(126);
  }

  @Test
  void aCommandThatASignalEndsHasTheExitCodeThatShellsGiveIt() throws Exception {
    ActionOutcome outcome = fixture.run(shell("kill -SEGV $$"), Map.of());

    assertThat(outcome.result().getExitCode()).isEqualTo(128 + 11);
    assertThat(outcome.result().hasStderrDigest()).isFalse();
  }

  @Test
  void standardInputIsEmpty() throws Exception {
    assertThat(fixture.run(shell("cat; exit 4"), Map.of()).result().getExitCode()).isEqualTo(4);
  }

  @Test
  void whatWasPrintedBeforeTheTimeOutIsKept() throws Exception {
    Action action =
        fixture.action(
            shell("trap '' TERM; echo before; echo part > out; sleep 100; echo after")
                .addOutputPaths("out"),
            fixture.tree(Map.of()));

    ActionOutcome outcome =
        fixture.run(action.toBuilder().setTimeout(Duration.newBuilder().setSeconds(1)).build());

    assertThat(outcome).isInstanceOf(ActionOutcome.TimedOut.class);
    assertThat(outcome.result().getExitCode()).isEqualTo(137);
    assertThat(stdout(outcome)).isEqualTo("before\n");
    assertThat(outcome.result().getOutputFilesCount()).isEqualTo(1);
  }

  @Test
  void processesThatOutliveTheCommandAreKilled() throws Exception {
    String mark = "10" + Math.abs(UUID.randomUUID().hashCode());

    ActionOutcome outcome =
        fixture.run(
            shell(
                "(trap '' TERM HUP; sleep %1$s & setsid sleep %1$s &) & echo out".formatted(mark)),
            Map.of());

    assertThat(stdout(outcome)).isEqualTo("out\n");
    assertThat(running("sleep " + mark)).isEmpty();
  }

  @Test
  void aCancelledActionIsKilledWithAllItsProcesses() throws Exception {
    String mark = "10" + Math.abs(UUID.randomUUID().hashCode());
    CountDownLatch started = new CountDownLatch(1);
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Action action =
        fixture.action(
            shell("sleep %1$s & setsid sleep %1$s; sleep %1$s".formatted(mark)),
            fixture.tree(Map.of()));
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                fixture.runner.run(
                    new ActionOrder.Inline(ActionFixture.INSTANCE, action, FUNCTION),
                    progress -> {
                      if (progress.hasExecutionStartTimestamp()) {
                        started.countDown();
                      }
                    });
                ended.complete(null);
              } catch (Throwable e) {
                ended.complete(e);
              }
            });
    assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();
    waitUntilRunning("sleep " + mark);

    thread.interrupt();

    assertThat(ended.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(running("sleep " + mark)).isEmpty();
  }

  @Test
  void muchOutputIsKeptWhole() throws Exception {
    ActionOutcome outcome =
        fixture.run(shell("head -c 52428800 /dev/zero; head -c 3 /dev/zero >&2"), Map.of());

    assertThat(outcome.result().getStdoutDigest().getSizeBytes()).isEqualTo(50L << 20);
    assertThat(fixture.blob(outcome.result().getStdoutDigest()).size()).isEqualTo(50 << 20);
    assertThat(fixture.blob(outcome.result().getStderrDigest()).size()).isEqualTo(3);
  }

  @Test
  void printingWithoutEndIsStopped() throws Exception {
    fixture.close();
    fixture = new ActionFixture(directory, sandbox(), Placement.HARD_LINK, 1 << 20);

    ActionOutcome outcome = fixture.run(shell("exec cat /dev/zero"), Map.of());

    assertThat(outcome).isInstanceOf(ActionOutcome.OverLimit.class);
    assertThat(fixture.blob(outcome.result().getStdoutDigest()).size()).isEqualTo(1 << 20);
  }

  @Test
  void everythingThatIsMissingIsNamedAtOnce() {
    Digest absentFile = digest("an absent file");
    Digest absentLargeFile = new Digest(FUNCTION, digest("large").hash(), 5 << 20);
    Digest tree =
        fixture.put(
            Directory.newBuilder()
                .addFiles(file("a", absentFile))
                .addFiles(file("b", absentLargeFile))
                .addFiles(file("c", fixture.put(ByteString.copyFromUtf8("present"))))
                .build());

    assertThatThrownBy(() -> fixture.run(fixture.action(shell("true"), tree)))
        .isInstanceOfSatisfying(
            Failure.BlobsMissing.class,
            missing ->
                assertThat(missing.digests())
                    .containsExactlyInAnyOrder(absentFile, absentLargeFile));
  }

  @Test
  void aMissingDirectoryIsNamedTogetherWithMissingFiles() {
    Digest absentFile = digest("an absent file");
    Digest absentDirectory = digest("an absent directory");
    Digest tree =
        fixture.put(
            Directory.newBuilder()
                .addFiles(file("a", absentFile))
                .addDirectories(
                    build.bazel.remote.execution.v2.DirectoryNode.newBuilder()
                        .setName("d")
                        .setDigest(Digests.toProto(absentDirectory)))
                .build());

    assertThatThrownBy(() -> fixture.run(fixture.action(shell("true"), tree)))
        .isInstanceOfSatisfying(
            Failure.BlobsMissing.class,
            missing ->
                assertThat(missing.digests())
                    .containsExactlyInAnyOrder(absentFile, absentDirectory));
  }

  @Test
  void anAbsentActionOrCommandIsNamed() {
    Digest absent = digest("an absent action");

    assertThatThrownBy(() ->
            fixture.runner.run(
                new ActionOrder.Stored(ActionFixture.INSTANCE, absent), progress -> {}))
        .isInstanceOfSatisfying(
            Failure.BlobsMissing.class,
            missing -> assertThat(missing.digests()).containsExactly(absent));
    assertThatThrownBy(() ->
            fixture.run(
                Action.newBuilder()
                    .setCommandDigest(Digests.toProto(absent))
                    .setInputRootDigest(Digests.toProto(fixture.tree(Map.of())))
                    .build()))
        .isInstanceOf(Failure.BlobsMissing.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../escaped", "/tmp/escaped", "a/b", "nul\0"})
  void aNameThatIsNoNameIsRefused(String name) {
    Digest tree =
        fixture.put(
            Directory.newBuilder()
                .addFiles(file(name, fixture.put(ByteString.copyFromUtf8("x"))))
                .build());

    assertThatThrownBy(() -> fixture.run(fixture.action(shell("true"), tree)))
        .isInstanceOf(Failure.InvalidRequest.class);
    assertThat(directory.resolve("work/escaped")).doesNotExist();
  }

  @Test
  void aDirectoryCannotBePutBehindALinkOfTheSameName() {
    Digest below = fixture.tree(Map.of("escaped", "x"));
    Digest tree =
        fixture.put(
            Directory.newBuilder()
                .addSymlinks(
                    build.bazel.remote.execution.v2.SymlinkNode.newBuilder()
                        .setName("d")
                        .setTarget(directory.toString()))
                .addDirectories(
                    build.bazel.remote.execution.v2.DirectoryNode.newBuilder()
                        .setName("d")
                        .setDigest(Digests.toProto(below)))
                .build());

    assertThatThrownBy(() -> fixture.run(fixture.action(shell("true"), tree)))
        .isInstanceOf(Failure.InvalidRequest.class);
    assertThat(directory.resolve("escaped")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "../../secret", "a/../../secret"})
  void anOutputPathThatLeadsOutsideIsRefused(String path) {
    assertThatThrownBy(() -> fixture.run(shell("true").addOutputPaths(path), Map.of()))
        .isInstanceOf(Failure.InvalidRequest.class);
  }

  @Test
  void nothingIsReadThroughALinkThatLeadsOutside() throws IOException {
    Files.writeString(directory.resolve("secret"), "secret");

    assertThatThrownBy(() ->
            fixture.run(
                shell("rmdir sub; ln -s %s sub".formatted(directory)).addOutputPaths("sub/secret"),
                Map.of()))
        .isInstanceOf(Failure.InvalidRequest.class)
        .hasMessageContaining("sub/secret");
  }

  @Test
  void outputDirectoriesAreNotMadeThroughALinkThatLeadsOutside() {
    assertThatThrownBy(() ->
            fixture.run(
                shell("true").addOutputPaths("link/made/file"), Map.of("link", "->" + directory)))
        .isInstanceOf(Failure.InvalidRequest.class);
    assertThat(directory.resolve("made")).doesNotExist();
  }

  @Test
  void outputsBehindALinkInsideTheRootAreFound() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            shell("echo x > link/made/file").addOutputPaths("link/made/file"),
            Map.of("link", "->real", "real/", ""));

    assertThat(outcome.result().getOutputFilesList())
        .extracting("path")
        .containsExactly("link/made/file");
  }

  @Test
  void inputLinksPointWhereTheySay() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            shell("cat link; readlink dangling absolute"),
            Map.of(
                "link", "->dir/file",
                "dir/file", "content\n",
                "dangling", "->no/where",
                "absolute", "->/etc/hostname"));

    assertThat(stdout(outcome)).isEqualTo("content\nno/where\n/etc/hostname\n");
  }

  @Test
  void linksAmongTheOutputsStayLinks() throws Exception {
    ActionOutcome outcome =
        fixture.run(
            shell("ln -s f to-file; ln -s . to-dir; ln -s nowhere dangling; ln -s /etc abs; >f")
                .addAllOutputPaths(List.of("to-file", "to-dir", "dangling", "abs", "f")),
            Map.of());

    assertThat(outcome.result().getOutputSymlinksList())
        .extracting(OutputSymlink::getPath, OutputSymlink::getTarget)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("to-file", "f"),
            org.assertj.core.groups.Tuple.tuple("to-dir", "."),
            org.assertj.core.groups.Tuple.tuple("dangling", "nowhere"),
            org.assertj.core.groups.Tuple.tuple("abs", "/etc"));
    assertThat(outcome.result().getOutputFilesCount()).isEqualTo(1);
  }

  @Test
  void anActionThatWritesToItsInputsHarmsNobody() throws Exception {
    Map<String, String> inputs = Map.of("in", "original\n", "same", "original\n");

    ActionOutcome writing =
        fixture.run(
            shell("chmod u+w in && echo more >> in; cat in same").addOutputPaths("in"), inputs);
    ActionOutcome reading = fixture.run(shell("cat in same"), inputs);

    assertThat(stdout(writing)).isEqualTo("original\nmore\noriginal\n");
    assertThat(stdout(reading)).isEqualTo("original\noriginal\n");
  }

  @Test
  void anActionThatChangesPermissionsOfItsInputsHarmsNobody() throws Exception {
    Map<String, String> inputs = Map.of("in", "original\n");

    fixture.run(shell("chmod 777 in"), inputs);
    ActionOutcome reading = fixture.run(shell("stat -c %a in"), inputs);

    assertThat(stdout(reading)).isEqualTo("444\n");
  }

  @Test
  void whatAnActionLeavesIsDeletedHoweverItIsLeft() throws Exception {
    String name = "d".repeat(100);

    ActionOutcome outcome =
        fixture.run(
            shell(
                "mkdir -p locked/in; >locked/in/file; chmod 0 locked/in locked; "
                    + "i=0; while [ $i -lt 60 ]; do mkdir %1$s; cd %1$s; i=$((i+1)); done; >deep"
                        .formatted(name)),
            Map.of());

    assertThat(outcome.result().getExitCode()).isZero();
  }

  @Test
  void manyFilesGoInAndOut() throws Exception {
    Map<String, String> inputs = new HashMap<>();
    for (int i = 0; i < 3000; i++) {
      inputs.put("in/" + i % 50 + "/" + i, "file " + i);
    }

    ActionOutcome outcome =
        fixture.run(shell("cp -r in out; find in -type f | wc -l").addOutputPaths("out"), inputs);

    assertThat(stdout(outcome).strip()).isEqualTo("3000");
    assertThat(outcome.result().getOutputDirectoriesCount()).isEqualTo(1);
  }

  @Test
  void anInputFileHasTheAttributesItAsksForWithoutSharingThem() throws Exception {
    Digest content = fixture.put(ByteString.copyFromUtf8("x"));
    Digest tree =
        fixture.put(
            Directory.newBuilder()
                .addFiles(
                    file("dated", content).toBuilder()
                        .setNodeProperties(
                            build.bazel.remote.execution.v2.NodeProperties.newBuilder()
                                .setMtime(Timestamp.newBuilder().setSeconds(1_000_000_000))
                                .setUnixMode(com.google.protobuf.UInt32Value.of(0640))))
                .addFiles(file("plain", content))
                .build());

    ActionOutcome outcome =
        fixture.run(fixture.action(shell("stat -c '%n %a %Y' dated plain"), tree));

    assertThat(stdout(outcome)).isEqualTo("dated 640 1000000000\nplain 444 946684800\n");
  }

  @Test
  void anActionWithoutAProgramIsRefused() {
    assertThatThrownBy(() -> fixture.run(Command.newBuilder(), Map.of()))
        .isInstanceOf(Failure.InvalidRequest.class);
  }

  @Test
  void aWorkingDirectoryThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> fixture.run(shell("true").setWorkingDirectory("nowhere"), Map.of()))
        .isInstanceOf(Failure.InvalidRequest.class);
  }

  String stdout(ActionOutcome outcome) {
    return outcome.result().hasStdoutDigest()
        ? fixture.text(outcome.result().getStdoutDigest())
        : "";
  }

  String stderr(ActionOutcome outcome) {
    return outcome.result().hasStderrDigest()
        ? fixture.text(outcome.result().getStderrDigest())
        : "";
  }

  private static Digest digest(String content) {
    return FUNCTION.digestOf(content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static FileNode file(String name, Digest digest) {
    return FileNode.newBuilder().setName(name).setDigest(Digests.toProto(digest)).build();
  }

  private static EnvironmentVariable variable(String name, String value) {
    return EnvironmentVariable.newBuilder().setName(name).setValue(value).build();
  }

  private static Instant instant(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }

  static List<String> running(String commandLine) {
    return ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .map(ActionRunnerContract::commandLine)
        .filter(line -> line.contains(commandLine))
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).replace('\0', ' ');
    } catch (IOException ended) {
      return "";
    }
  }

  static void waitUntilRunning(String commandLine) {
    while (running(commandLine).size() < 2) {
      Thread.onSpinWait();
    }
  }
}
