package dev.millrace.blobstore.verifying;

import dev.millrace.digest.Digest;
import dev.millrace.digest.Hasher;
import dev.millrace.failure.Failure.ContentMismatch;
import java.nio.ByteBuffer;

/** The check that a blob is what its digest says, part by part on its way in. */
public final class ContentCheck {

  private final Digest digest;
  private final Hasher hasher;
  private long checked;

  public ContentCheck(Digest digest) {
    this.digest = digest;
    this.hasher = digest.function().newHasher(digest.sizeBytes());
  }

  /**
   * Takes the next part into account, and leaves the buffer as it is.
   *
   * @throws ContentMismatch if it goes beyond the size that the digest says; it then does not count
   */
  public void update(ByteBuffer bytes) {
    int length = bytes.remaining();
    if (length > digest.sizeBytes() - checked) {
      throw Mismatch.tooLong(digest);
    }
    hasher.update(bytes.duplicate());
    checked += length;
  }

  /**
   * Ends the check: what has been seen must be all of the blob.
   *
   * @throws ContentMismatch if it is not
   */
  public void complete() {
    if (checked != digest.sizeBytes()) {
      throw Mismatch.size(digest, checked);
    }
    String hash = hasher.hash();
    if (!hash.equals(digest.hash())) {
      throw Mismatch.hash(digest, hash);
    }
  }
}
