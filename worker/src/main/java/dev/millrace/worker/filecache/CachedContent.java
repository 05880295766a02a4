package dev.millrace.worker.filecache;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import java.util.Optional;

/**
 * What a cached file is known by. The executable bit belongs to the file and is shared by all of
 * its links, so that a blob that is used both ways is two files.
 *
 * @param shelf whose it is
 * @param digest the content
 * @param executable whether the file may be run
 */
public record CachedContent(Shelf shelf, Digest digest, boolean executable) {

  /** The part of a file name that tells this content from any other. */
  String fileStem() {
    return "%s-%s-%s-%d-%s"
        .formatted(
            shelf.key(),
            digest.function(),
            digest.hash(),
            digest.sizeBytes(),
            executable ? "exec" : "plain");
  }

  /** Reads back what {@link #fileStem} printed, with one more dash and a number. */
  static Optional<CachedContent> ofFileName(String name) {
    String[] parts = name.split("-", -1);
    if (parts.length != 6 || !parts[5].matches("[0-9]{1,18}")) {
      return Optional.empty();
    }
    try {
      Digest digest =
          new Digest(DigestFunction.valueOf(parts[1]), parts[2], Long.parseLong(parts[3]));
      Shelf shelf = new Shelf(parts[0]);
      return switch (parts[4]) {
        case "exec" -> Optional.of(new CachedContent(shelf, digest, true));
        case "plain" -> Optional.of(new CachedContent(shelf, digest, false));
        default -> Optional.empty();
      };
    } catch (IllegalArgumentException notOurs) {
      return Optional.empty();
    }
  }
}
