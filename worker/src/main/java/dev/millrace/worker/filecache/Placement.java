package dev.millrace.worker.filecache;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** How a cached file gets into an input root. */
public enum Placement {
  /**
   * As one more name of the same file: takes no time and no room. Read-only for ordinary users; an
   * action that changes permissions, or runs as root outside a sandbox, could write to it. That is
   * noticed by the file's {@link Stamp} before and after each use.
   */
  HARD_LINK {
    @Override
    void place(Path cached, Path target) throws IOException {
      try {
        Files.createLink(target, cached);
      } catch (FileAlreadyExistsException e) {
        throw e;
      } catch (FileSystemException e) {
        // Too many links, or another file system: a copy always works.
        COPY.place(cached, target);
      }
    }
  },
  /** As a file of its own, for where actions that do not trust each other share a worker. */
  COPY {
    @Override
    void place(Path cached, Path target) throws IOException {
      Files.copy(cached, target, StandardCopyOption.COPY_ATTRIBUTES);
    }
  };

  abstract void place(Path cached, Path target) throws IOException;
}
