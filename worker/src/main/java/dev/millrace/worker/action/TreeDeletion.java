package dev.millrace.worker.action;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Deletes a directory with all that an action may have left in it: directories without permissions,
 * and ones nested so deep that their paths are too long to be used, which are brought up first.
 */
final class TreeDeletion {

  private static final int DEEP = 32;

  private final Path top;
  private int moved;

  private TreeDeletion(Path top) {
    this.top = top;
  }

  static void delete(Path directory) throws IOException {
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      new TreeDeletion(directory).run();
    }
  }

  private void run() throws IOException {
    Deque<Path> pending = new ArrayDeque<>();
    pending.push(top);
    while (!pending.isEmpty()) {
      Path directory = pending.peek();
      List<Path> below = empty(directory);
      if (below.isEmpty()) {
        // What was brought up lies in the top directory, which comes last.
        Files.delete(directory);
        pending.pop();
        continue;
      }
      boolean deep = directory.getNameCount() - top.getNameCount() >= DEEP;
      for (Path child : below) {
        if (deep) {
          Files.move(child, top.resolve(".moved-" + moved++));
        } else {
          pending.push(child);
        }
      }
    }
  }

  /** Deletes what is no directory, and returns the directories, ready to be looked into. */
  private static List<Path> empty(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    List<Path> directories = new ArrayList<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
          Files.setPosixFilePermissions(child, PosixFilePermissions.fromString("rwx------"));
          directories.add(child);
        } else {
          deleteFile(child);
        }
      }
    }
    return directories;
  }

  private static void deleteFile(Path file) throws IOException {
    try {
      Files.delete(file);
    } catch (NoSuchFileException gone) {
      // Fine: that is what was wanted.
    }
  }
}
