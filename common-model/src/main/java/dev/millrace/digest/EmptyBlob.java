package dev.millrace.digest;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** The hashes of no bytes, computed once: asking whether a digest is the empty blob is frequent. */
final class EmptyBlob {

  private static final Map<DigestFunction, String> HASHES = new EnumMap<>(DigestFunction.class);

  static {
    for (DigestFunction function : DigestFunction.values()) {
      HASHES.put(function, function.newHasher(0).hash());
    }
  }

  private EmptyBlob() {}

  static String hashUnder(DigestFunction function) {
    return Objects.requireNonNull(HASHES.get(function));
  }
}
