package dev.millrace.worker.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
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

  /** Dead processes that nobody has collected stay on the list, and count once. */
  private final Set<Long> seenDead = new HashSet<>();

  /**
   * @param session the id of the action's session, which is that of its first process
   * @param root a directory in which only processes of the action work
   */
  LeftoverProcesses(long session, Path root) {
    this.session = session;
    this.root = root;
  }

  void kill() {
    for (int round = 0; round < MAX_ROUNDS; round++) {
      if (!killWhatIsFound()) {
        return;
      }
      LockSupport.parkNanos(BETWEEN_ROUNDS.toNanos());
    }
    log.warn("an action in {} could not be killed with all of its processes", root);
  }

  /**
   * Returns whether there may be more: a process that ended while it was looked at may have started
   * another one, which is not on the list of processes yet.
   */
  private boolean killWhatIsFound() {
    boolean more = false;
    for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
      if (process.pid() != ProcessHandle.current().pid()) {
        switch (look(process)) {
          case FOREIGN -> {}
          case GONE -> more = true;
          case DEAD -> more |= seenDead.add(process.pid());
          case ALIVE -> {
            more = true;
            process.destroyForcibly();
          }
        }
      }
    }
    return more;
  }

  private enum Found {
    FOREIGN,
    GONE,
    DEAD,
    ALIVE
  }

  private Found look(ProcessHandle process) {
    Path directory = PROC.resolve(Long.toString(process.pid()));
    try {
      // After the command's name in parentheses: state, parent, process group, session.
      String stat = Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5);
      boolean dead = fields[0].equals("Z") || fields[0].equals("X");
      if (Long.parseLong(fields[3]) == session) {
        return dead ? Found.DEAD : Found.ALIVE;
      }
      return !dead && Files.readSymbolicLink(directory.resolve("cwd")).startsWith(root)
          ? Found.ALIVE
          : Found.FOREIGN;
    } catch (AccessDeniedException e) {
      return Found.FOREIGN;
    } catch (IOException e) {
      return process.isAlive() ? Found.FOREIGN : Found.GONE;
    }
  }
}
