package dev.millrace.worker.action;

import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one action has on disk; gone when it is closed. */
record Workspace(Path path) implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Workspace.class);

  Path root() {
    return path.resolve("root");
  }

  Path temporary() {
    return path.resolve("tmp");
  }

  Path stdout() {
    return path.resolve("stdout");
  }

  Path stderr() {
    return path.resolve("stderr");
  }

  @Override
  public void close() {
    // Also on the way out of a cancelled action, whose thread is interrupted.
    boolean interrupted = Thread.interrupted();
    try {
      TreeDeletion.delete(path);
    } catch (IOException e) {
      // The action's outcome stands all the same; the next start of the worker tries again.
      log.warn("cannot delete {}, which an action has left", path, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
