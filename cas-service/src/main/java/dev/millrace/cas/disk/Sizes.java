package dev.millrace.cas.disk;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.ContentMismatch;

/** How what a writer is given can differ from the size that was announced. */
final class Sizes {

  private Sizes() {}

  static ContentMismatch tooLong(Digest digest) {
    return new ContentMismatch(
        digest, "more than %d bytes were written".formatted(digest.sizeBytes()));
  }

  static ContentMismatch differ(Digest digest, long size) {
    return new ContentMismatch(
        digest, "%d bytes were given for %d".formatted(size, digest.sizeBytes()));
  }

  static ContentMismatch tooShort(Digest digest, long written) {
    return new ContentMismatch(
        digest, "only %d of %d bytes were written".formatted(written, digest.sizeBytes()));
  }
}
