package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.Command;
import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.DirectoryNode;
import build.bazel.remote.execution.v2.FileNode;
import build.bazel.remote.execution.v2.SymlinkNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.digest.wire.Digests;
import dev.millrace.instance.InstanceName;
import dev.millrace.worker.filecache.FileCache;
import dev.millrace.worker.filecache.Placement;
import dev.millrace.worker.input.InputFiles;
import dev.millrace.worker.input.InputRootBuilder;
import dev.millrace.worker.process.ProcessRunner;
import dev.millrace.worker.process.Sandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** A worker's inner parts on a store in memory, and short ways to put actions into it. */
public final class ActionFixture implements AutoCloseable {

  public static final DigestFunction FUNCTION = DigestFunction.SHA256;
  public static final InstanceName INSTANCE = new InstanceName("team/project");

  public final MemoryBlobStore memory = new MemoryBlobStore();
  public final BlobStore store = new VerifyingBlobStore(memory);
  public final Path work;
  public final FileCache cache;
  public final ActionRunner runner;
  private final ProcessRunner processes;

  public ActionFixture(Path directory, Sandbox sandbox) throws IOException {
    this(directory, sandbox, Placement.HARD_LINK, 100L << 20);
  }

  public ActionFixture(Path directory, Sandbox sandbox, Placement placement, long maxLogBytes)
      throws IOException {
    work = directory.resolve("work");
    cache = FileCache.open(directory.resolve("cache"), 1L << 30);
    processes = new ProcessRunner(sandbox);
    runner =
        new SandboxedActionRunner(
            store,
            new InputRootBuilder(new InputFiles(store, cache), 100_000),
            processes,
            Workspaces.open(work),
            new RunnerSettings("tester", Duration.ofMinutes(1), maxLogBytes, placement),
            Clock.systemUTC());
  }

  public static Command.Builder shell(String script) {
    return Command.newBuilder()
        .addArguments("/bin/sh")
        .addArguments("-c")
        .addArguments(script)
        .addEnvironmentVariables(
            Command.EnvironmentVariable.newBuilder().setName("PATH").setValue("/usr/bin:/bin"));
  }

  public Digest put(ByteString blob) {
    return Blobs.write(store, INSTANCE, FUNCTION, blob);
  }

  public Digest put(Message message) {
    return put(message.toByteString());
  }

  public String text(build.bazel.remote.execution.v2.Digest digest) {
    return blob(digest).toStringUtf8();
  }

  public ByteString blob(build.bazel.remote.execution.v2.Digest digest) {
    return Blobs.read(
        store, INSTANCE, Digests.fromProto(digest, FUNCTION, "digest"), Integer.MAX_VALUE);
  }

  /**
   * Stores a tree: contents by path; one that starts with {@code ->} is a symbolic link, one that
   * starts with {@code #!} is executable, and a path that ends in a slash is an empty directory.
   */
  public Digest tree(Map<String, String> contents) {
    Directory.Builder directory = Directory.newBuilder();
    Map<String, Map<String, String>> below = new TreeMap<>();
    new TreeMap<>(contents)
        .forEach((path, content) -> {
          int slash = path.indexOf('/');
          if (slash >= 0) {
            Map<String, String> child =
                below.computeIfAbsent(path.substring(0, slash), name -> new TreeMap<>());
            if (slash < path.length() - 1) {
              child.put(path.substring(slash + 1), content);
            }
          } else if (content.startsWith("->")) {
            directory.addSymlinks(
                SymlinkNode.newBuilder().setName(path).setTarget(content.substring(2)));
          } else {
            directory.addFiles(
                FileNode.newBuilder()
                    .setName(path)
                    .setIsExecutable(content.startsWith("#!"))
                    .setDigest(Digests.toProto(put(ByteString.copyFromUtf8(content)))));
          }
        });
    below.forEach((name, child) ->
        directory.addDirectories(
            DirectoryNode.newBuilder().setName(name).setDigest(Digests.toProto(tree(child)))));
    return put(directory.build());
  }

  public Action action(Command.Builder command, Digest tree) {
    return Action.newBuilder()
        .setCommandDigest(Digests.toProto(put(command.build())))
        .setInputRootDigest(Digests.toProto(tree))
        .build();
  }

  public ActionOutcome run(Command.Builder command, Map<String, String> inputs)
      throws InterruptedException {
    return run(action(command, tree(inputs)));
  }

  public ActionOutcome run(Action action) throws InterruptedException {
    return runner.run(new ActionOrder.Stored(INSTANCE, put(action)), progress -> {});
  }

  @Override
  public void close() {
    processes.close();
  }
}
