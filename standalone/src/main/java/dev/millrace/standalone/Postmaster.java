package dev.millrace.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A PostgreSQL server that is still running although the process that started it is gone. */
record Postmaster(ProcessHandle process) {

  private static final Logger log = LoggerFactory.getLogger(Postmaster.class);
  private static final int STOP_SECONDS = 30;

  /** The server that the data directory's pid file names, if that process is a PostgreSQL. */
  static Optional<Postmaster> runningOn(Path data) throws IOException {
    Path pidFile = data.resolve("postmaster.pid");
    if (Files.notExists(pidFile)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(pidFile);
    if (lines.size() < 2 || !lines.get(1).strip().equals(data.toRealPath().toString())) {
      return Optional.empty();
    }
    // The pid may have gone to somebody else since: only a PostgreSQL is ours to stop.
    return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
        .filter(p -> p.info().command().filter(c -> c.endsWith("postgres")).isPresent())
        .map(Postmaster::new);
  }

  /** A fast shutdown, which disconnects what is left of clients, and waits for the end of it. */
  void stop() {
    log.info("Stopping the PostgreSQL that an earlier run left behind (pid {})", process.pid());
    try {
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      process.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while PostgreSQL shuts down", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "the PostgreSQL left by an earlier run (pid %d) does not stop: end it by hand"
              .formatted(process.pid()),
          e);
    }
  }
}
