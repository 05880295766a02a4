package dev.millrace.worker;

import dev.millrace.digest.DigestFunction;
import dev.millrace.directory.DirectoryLock;
import dev.millrace.instance.InstanceName;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
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

  /**
   * Where input files are kept: apart by instance, so that nobody gets at another's blobs by
   * knowing their digests.
   */
  Path cache(InstanceName instance) {
    String key =
        DigestFunction.SHA256
            .digestOf(instance.value().getBytes(StandardCharsets.UTF_8))
            .hash()
            .substring(0, 16);
    return path.resolve("cache").resolve(key);
  }

  /** The bot's name: the one that is configured, or one that stays with this directory. */
  String botId(@Nullable String configured) throws IOException {
    if (configured != null && !configured.isBlank()) {
      return configured;
    }
    Path file = path.resolve("bot-id");
    if (!Files.exists(file)) {
      String host = InetAddress.getLocalHost().getHostName();
      Files.writeString(file, host + "-" + UUID.randomUUID().toString().substring(0, 8));
    }
    return Files.readString(file).strip();
  }

  @Override
  public void close() {
    lock.close();
  }
}
