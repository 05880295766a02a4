package dev.millrace.worker.process;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The files that a command prints to. They are files and no pipes, so that a process that lingers
 * cannot keep anybody waiting for the end of its output.
 */
public record Logs(Path stdout, Path stderr) {

  boolean exceed(long maxBytes) {
    try {
      return Files.size(stdout) > maxBytes || Files.size(stderr) > maxBytes;
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot look at the logs of an action", e);
    }
  }

  void truncate(long maxBytes) {
    truncate(stdout, maxBytes);
    truncate(stderr, maxBytes);
  }

  private static void truncate(Path log, long maxBytes) {
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
      channel.truncate(maxBytes);
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot cut off the log of an action", e);
    }
  }
}
