package dev.millrace.cas.disk;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The name of an upload's file.
 *
 * @param upload fingerprint of the upload's name
 * @param attempt grows with every file, so that an upload that begins again has another one
 */
record StagedName(Fingerprint upload, long attempt) {

  private static final String SUFFIX = ".part";

  Path in(Path directory) {
    HexFormat hex = HexFormat.of();
    return directory.resolve(
        hex.toHexDigits(upload.a())
            + hex.toHexDigits(upload.b())
            + hex.toHexDigits(upload.c())
            + hex.toHexDigits(upload.d())
            + "-"
            + attempt
            + SUFFIX);
  }

  static Optional<StagedName> of(Path file) {
    String name = file.getFileName().toString();
    if (!name.matches("[0-9a-f]{64}-[1-9][0-9]{0,17}\\.part")) {
      return Optional.empty();
    }
    Fingerprint upload =
        new Fingerprint(part(name, 0), part(name, 16), part(name, 32), part(name, 48));
    long attempt = Long.parseLong(name.substring(65, name.length() - SUFFIX.length()));
    return Optional.of(new StagedName(upload, attempt));
  }

  private static long part(String name, int at) {
    return HexFormat.fromHexDigitsToLong(name, at, at + 16);
  }
}
