package dev.millrace.cas.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The files of a store, by name. */
record Directories(Path root) {

  private static final String SUFFIX = ".block";

  Path blocks() {
    return root.resolve("blocks");
  }

  Path index() {
    return root.resolve("index");
  }

  Path checkpoint() {
    return root.resolve("checkpoint");
  }

  /** A checkpoint on its way. */
  Path nextCheckpoint() {
    return root.resolve("checkpoint.next");
  }

  /** Uploads that have not arrived whole. */
  Path staged() {
    return root.resolve("staged");
  }

  Path block(long number) {
    return blocks().resolve(number + SUFFIX);
  }

  /** The number of the block that a file is, or a negative one if it is none. */
  static long numberOf(Path file) {
    String name = file.getFileName().toString();
    return name.matches("[1-9][0-9]{0,11}\\.block")
        ? Long.parseLong(name.substring(0, name.length() - SUFFIX.length()))
        : -1;
  }

  /** Returns when the names in a directory are on stable storage. */
  static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
