package dev.millrace.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The process of a server on this machine, with the processes that it has started. */
public final class ServerProcess {

  /** Ticks a second in /proc: USER_HZ, which Linux has fixed for programs. */
  private static final long TICKS = 100;

  private final Path proc;
  private final ProcessHandle process;

  private ServerProcess(Path proc, ProcessHandle process) {
    this.proc = proc;
    this.process = process;
  }

  /**
   * @throws IllegalArgumentException if there is no such process, or no /proc
   */
  public static ServerProcess of(long pid) {
    Path proc = Path.of("/proc");
    return ProcessHandle.of(pid)
        .filter(process -> Files.isReadable(proc.resolve(pid + "/stat")))
        .map(process -> new ServerProcess(proc, process))
        .orElseThrow(() -> new IllegalArgumentException("there is no process " + pid));
  }

  /** CPU time used so far, by user code and by the system on its behalf. */
  public Duration cpu() {
    long ticks =
        all().stream()
            .map(pid -> read(pid, "stat"))
            .filter(stat -> !stat.isEmpty())
            .mapToLong(ServerProcess::ticks)
            .sum();
    return Duration.ofNanos(ticks * (1_000_000_000L / TICKS));
  }

  /** The most memory that was resident at one time, added up over the processes. */
  public OptionalLong peakMemory() {
    long sum = 0;
    for (long pid : all()) {
      sum +=
          read(pid, "status")
              .lines()
              .filter(line -> line.startsWith("VmHWM:"))
              .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
              .findFirst()
              .orElse(0);
    }
    return sum == 0 ? OptionalLong.empty() : OptionalLong.of(sum);
  }

  private List<Long> all() {
    return Stream.concat(Stream.of(process), process.descendants())
        .map(ProcessHandle::pid)
        .toList();
  }

  /** Fields 14 and 15; the second is a name in parentheses that may hold anything. */
  static long ticks(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  private String read(long pid, String file) {
    try {
      return Files.readString(proc.resolve(pid + "/" + file));
    } catch (IOException e) {
      // It has ended meanwhile.
      return "";
    }
  }
}
