package dev.millrace.worker.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds and kills what is left of an action that ran without a sandbox. */
final class LeftoverProcesses {

  private static final Logger log = LoggerFactory.getLogger(LeftoverProcesses.class);

  /** Enough for processes that spawn while they are being killed, unless they mean it. */
  private static final int MAX_ROUNDS = 1000;

  private static final Duration BETWEEN_ROUNDS = Duration.ofMillis(5);

  private static final Path PROC = Path.of("/proc");

  private final long session;
  private final Path root;

  /**
   * @param session the id of the action's session, which is that of its first process
   * @param root a directory in which only processes of the action work
   */
  LeftoverProcesses(long session, Path root) {
    this.session = session;
    this.root = root;
  }

  void kill() {
    Set<Long> killed = new HashSet<>();
    for (int round = 0; round < MAX_ROUNDS; round++) {
      List<ProcessHandle> left = find();
      if (left.isEmpty()) {
        return;
      }
      for (ProcessHandle process : left) {
        process.destroyForcibly();
        killed.add(process.pid());
      }
      LockSupport.parkNanos(BETWEEN_ROUNDS.toNanos());
    }
    log.warn("some of the processes {} of an action could not be killed", killed);
  }

  private List<ProcessHandle> find() {
    try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
      return processes
          .filter(process -> process.pid() != ProcessHandle.current().pid())
          .filter(this::isOfAction)
          .toList();
    }
  }

  private boolean isOfAction(ProcessHandle process) {
    Path directory = PROC.resolve(Long.toString(process.pid()));
    try {
      // After the command's name in parentheses: state, parent, process group, session.
      String stat = Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5);
      if (fields[0].equals("Z") || fields[0].equals("X")) {
        return false;
      }
      return Long.parseLong(fields[3]) == session
          || Files.readSymbolicLink(directory.resolve("cwd")).startsWith(root);
    } catch (IOException e) {
      // It ended meanwhile, or belongs to somebody else and is not ours to look at.
      return false;
    }
  }
}
