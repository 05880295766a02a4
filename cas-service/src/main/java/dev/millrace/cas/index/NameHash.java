package dev.millrace.cas.index;

import dev.millrace.digest.DigestFunction;
import java.nio.charset.StandardCharsets;

/** Names of any length as keys of 32 bytes. */
final class NameHash {

  private NameHash() {}

  static byte[] of(String name) {
    return DigestFunction.SHA256.digestOf(name.getBytes(StandardCharsets.UTF_8)).hashBytes();
  }
}
