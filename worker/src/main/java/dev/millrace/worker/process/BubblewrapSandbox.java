package dev.millrace.worker.process;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs commands in namespaces of their own, by bubblewrap: the host's files read-only and some of
 * them hidden, only the action's root and private temporary directories writable, no other
 * processes in sight, no capabilities, and no network unless it is allowed. When the first process
 * ends, or the worker dies, the kernel kills whatever is left inside.
 *
 * <p>The command must be started by a thread that lives as long as it does: dying with the parent
 * means with that thread.
 */
public final class BubblewrapSandbox implements Sandbox {

  /** {@code nobody}, so that actions of a worker that is root do not take themselves for root. */
  private static final String UNPRIVILEGED = "65534";

  /**
   * The first process of the namespace. When it ends, the kernel kills the others before anybody is
   * told, so that nothing can write to the outputs while they are collected. What the shell itself
   * has to say about its child is not the command's output.
   */
  private static final String INIT = "exec 3>&2 2>/dev/null; (exec \"$@\" 2>&3 3>&-); exit $?";

  private static final List<Path> TEMPORARY = List.of(Path.of("/tmp"), Path.of("/var/tmp"));

  private static final int KILL_SECONDS = 10;

  private final SandboxPolicy policy;

  public BubblewrapSandbox(SandboxPolicy policy) {
    this.policy = policy;
  }

  @Override
  public List<String> commandLine(Launch launch) {
    List<String> line = new ArrayList<>();
    line.add("bwrap");
    line.addAll(List.of("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"));
    if (!policy.network()) {
      line.add("--unshare-net");
    }
    if (policy.dropsRoot()) {
      line.addAll(List.of("--uid", UNPRIVILEGED, "--gid", UNPRIVILEGED));
    }
    line.addAll(List.of("--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"));
    addMounts(line, launch);
    line.addAll(List.of("--chdir", launch.workingDirectory().toString()));
    line.addAll(List.of("--as-pid-1", "--", "/bin/sh", "-c", INIT, "init"));
    line.addAll(CleanEnvironment.commandLine(launch));
    return line;
  }

  private void addMounts(List<String> line, Launch launch) {
    line.addAll(List.of("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"));
    for (Path temporary : TEMPORARY) {
      if (Files.isDirectory(temporary, LinkOption.NOFOLLOW_LINKS)) {
        bind(line, launch.temporary(), temporary);
      }
    }
    List<Path> hiddenDirectories = new ArrayList<>();
    for (Path hidden : policy.hidden()) {
      // What is a link or absent here would make bubblewrap fail, and shows nothing.
      if (Files.isDirectory(hidden, LinkOption.NOFOLLOW_LINKS)) {
        line.addAll(List.of("--tmpfs", hidden.toString()));
        hiddenDirectories.add(hidden);
      } else if (Files.isRegularFile(hidden, LinkOption.NOFOLLOW_LINKS)) {
        line.addAll(List.of("--ro-bind", "/dev/null", hidden.toString()));
      }
    }
    if (policy.network()) {
      // Where the resolver's configuration usually lives, which hiding /run takes away.
      line.addAll(List.of("--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"));
    }
    bind(line, launch.root(), launch.root());
    for (Path hidden : hiddenDirectories) {
      line.addAll(List.of("--remount-ro", hidden.toString()));
    }
  }

  private static void bind(List<String> line, Path source, Path target) {
    line.addAll(List.of("--bind", source.toString(), target.toString()));
  }

  @Override
  public void kill(Process process, Launch launch) {
    if (!process.isAlive()) {
      // It waited for its process namespace, in which nothing is alive any more.
      return;
    }
    List<ProcessHandle> init = process.children().toList();
    init.forEach(ProcessHandle::destroyForcibly);
    if (!init.isEmpty()) {
      process.onExit().completeOnTimeout(process, KILL_SECONDS, TimeUnit.SECONDS).join();
    }
    process.destroyForcibly().onExit().join();
  }

  @Override
  public String toString() {
    return "bubblewrap" + (policy.network() ? " with network" : " without network");
  }
}
