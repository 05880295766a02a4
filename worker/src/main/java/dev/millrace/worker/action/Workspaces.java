package dev.millrace.worker.action;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/** The place where actions run, one directory an action. */
public final class Workspaces {

  private final Path directory;
  private final AtomicLong nextNumber = new AtomicLong();

  private Workspaces(Path directory) {
    this.directory = directory;
  }

  /** Opens the place, and removes what actions of an earlier process have left there. */
  public static Workspaces open(Path directory) throws IOException {
    Files.createDirectories(directory);
    // Without symbolic links, so that paths in it can be compared with those of processes.
    Path real = directory.toRealPath();
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(real)) {
      for (Path leftover : leftovers) {
        TreeDeletion.delete(leftover);
      }
    }
    return new Workspaces(real);
  }

  Workspace create() {
    try {
      Path path =
          Files.createDirectory(directory.resolve(Long.toString(nextNumber.getAndIncrement())));
      Workspace workspace = new Workspace(path);
      Files.createDirectory(workspace.root());
      Files.createDirectory(workspace.temporary());
      Files.createFile(workspace.stdout());
      Files.createFile(workspace.stderr());
      return workspace;
    } catch (IOException e) {
      throw new Failure.Unavailable("cannot make a directory to run an action in", e);
    }
  }
}
