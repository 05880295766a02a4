package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/** Takes a blob that is stored already, and keeps nothing of it. */
final class PresentBlobWriter implements BlobWriter {

  private final Digest digest;
  private final BooleanSupplier isStored;
  private long written;

  PresentBlobWriter(Digest digest, BooleanSupplier isStored) {
    this.digest = digest;
    this.isStored = isStored;
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (bytes.remaining() > digest.sizeBytes() - written) {
      throw Sizes.tooLong(digest);
    }
    written += bytes.remaining();
    bytes.position(bytes.limit());
  }

  @Override
  public void commit() {
    if (written != digest.sizeBytes()) {
      throw Sizes.tooShort(digest, written);
    }
    if (!isStored.getAsBoolean()) {
      throw new Failure.Unavailable(
          "blob %s was stored when the write began and has been dropped meanwhile"
              .formatted(digest),
          null);
    }
  }

  @Override
  public void close() {}
}
