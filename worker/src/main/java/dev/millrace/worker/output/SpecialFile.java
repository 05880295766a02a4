package dev.millrace.worker.output;

import dev.millrace.failure.Failure;
import java.nio.file.Path;

/** Outputs that no message can describe, in words for the action's author. */
final class SpecialFile {

  private static final char UNDECODABLE = '\uFFFD';

  private SpecialFile() {}

  static Failure at(String path) {
    return new Failure.InvalidRequest(
        "outputs", "'%s' is neither file, directory nor symbolic link".formatted(path));
  }

  static void checkName(Path path) {
    if (path.getFileName().toString().indexOf(UNDECODABLE) >= 0) {
      throw new Failure.InvalidRequest(
          "outputs", "the name of '%s' is not in UTF-8".formatted(path.getFileName()));
    }
  }
}
