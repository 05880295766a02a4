package dev.millrace.cas.index;

import java.util.UUID;

/**
 * A stretch of a blob that is one object.
 *
 * @param object the object's key; each is written once, by one writer
 * @param length in bytes, at least one
 * @param checksums of the stretch
 */
public record Piece(UUID object, int length, Checksums checksums) {

  public Piece {
    if (length < 1) {
      throw new IllegalArgumentException("length: at least 1, not " + length);
    }
    if (checksums.bytes().length != 4 * Checksums.count(length)) {
      throw new IllegalArgumentException("checksums: not of " + length + " bytes");
    }
  }
}
