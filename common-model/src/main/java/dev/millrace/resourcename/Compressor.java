package dev.millrace.resourcename;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a blob's bytes are encoded on the way; numbers as in the API's {@code Compressor.Value}. */
public enum Compressor {
  IDENTITY(0),
  ZSTD(1),
  DEFLATE(2),
  BROTLI(3);

  private final int number;

  Compressor(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /** The segment after {@code compressed-blobs}. */
  public String segment() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Compressor> ofNumber(int number) {
    return Arrays.stream(values()).filter(c -> c.number == number).findFirst();
  }

  /** The compressor that a resource name's segment calls for; identity has none. */
  static Optional<Compressor> ofSegment(String segment) {
    return Arrays.stream(values())
        .filter(c -> c != IDENTITY && c.segment().equals(segment))
        .findFirst();
  }
}
