package dev.millrace.cas.s3;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.digest.Digest;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A blob that came with its row. */
record ContentReader(Digest digest, byte[] content) implements BlobReader {

  @Override
  public int read(long position, ByteBuffer target) {
    Objects.checkFromToIndex(position, content.length, Long.MAX_VALUE);
    int length = (int) Math.min(target.remaining(), content.length - position);
    target.put(content, (int) position, length);
    return length;
  }

  @Override
  public void close() {}
}
