package dev.millrace.digest;

import java.util.Optional;

/** The fastest implementation of BLAKE3 that this machine has. */
public final class Blake3 {

  private Blake3() {}

  static Hasher newHasher() {
    Optional<Blake3Library> library = Blake3Library.loaded();
    return library.isPresent() ? new NativeBlake3Hasher(library.get()) : new PortableBlake3Hasher();
  }

  /** Which one it is, for people. */
  public static String implementation() {
    return Blake3Library.loaded().isPresent()
        ? "libblake3"
        : "portable Java; with the library libblake3 it would be some twenty times as fast";
  }
}
