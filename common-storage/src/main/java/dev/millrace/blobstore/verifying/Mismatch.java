package dev.millrace.blobstore.verifying;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.ContentMismatch;

/** How content can differ from its digest, in words for the one who sent it. */
final class Mismatch {

  private Mismatch() {}

  static ContentMismatch size(Digest digest, long received) {
    return new ContentMismatch(
        digest, "%d bytes were sent, the digest says %d".formatted(received, digest.sizeBytes()));
  }

  static ContentMismatch tooLong(Digest digest) {
    return new ContentMismatch(
        digest, "more than the %d bytes of the digest were sent".formatted(digest.sizeBytes()));
  }

  static ContentMismatch hash(Digest digest, String actual) {
    return new ContentMismatch(digest, "what was sent has the hash " + actual);
  }
}
