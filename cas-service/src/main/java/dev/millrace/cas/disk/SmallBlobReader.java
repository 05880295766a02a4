package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.digest.Digest;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A blob that was read and checked as a whole when it was opened. */
record SmallBlobReader(Digest digest, ByteBuffer payload) implements BlobReader {

  @Override
  public int read(long position, ByteBuffer target) {
    int from = Math.toIntExact(Objects.checkFromToIndex(position, payload.limit(), Long.MAX_VALUE));
    int length = Math.min(target.remaining(), payload.limit() - from);
    target.put(payload.slice(from, length));
    return length;
  }

  @Override
  public void close() {}
}
