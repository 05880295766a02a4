package dev.millrace.worker;

import dev.millrace.directory.DirectoryLock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All that a worker has on disk, on one file system so that files can be linked, and used by one
 * worker at a time.
 */
final class WorkerDirectory implements AutoCloseable {

  private final Path path;
  private final DirectoryLock lock;

  WorkerDirectory(Path configured) throws IOException {
    Files.createDirectories(configured);
    path = configured.toRealPath();
    lock = DirectoryLock.take(path);
  }

  Path path() {
    return path;
  }

  /** Where actions run. */
  Path work() {
    return path.resolve("work");
  }

  /** Where input files are kept. */
  Path cache() {
    return path.resolve("cache");
  }

  /** The bot's name: the one that is configured, or one that stays with this directory. */
  String botId(@Nullable String configured) throws IOException {
    if (configured != null && !configured.isBlank()) {
      return configured;
    }
    Path file = path.resolve("bot-id");
    if (!Files.exists(file)) {
      Files.writeString(file, hostName() + "-" + UUID.randomUUID().toString().substring(0, 8));
    }
    return Files.readString(file).strip();
  }

  /**
   * For people to tell workers apart by; a host that does not know its own name is no hindrance.
   */
  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "worker";
    }
  }

  @Override
  public void close() {
    lock.close();
  }
}
