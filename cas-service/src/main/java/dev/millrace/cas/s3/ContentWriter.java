package dev.millrace.cas.s3;

import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.Map;

/** A blob that is small enough for the index. */
final class ContentWriter implements BlobWriter {

  private final BlobIndex index;
  private final InstanceName instance;
  private final Digest digest;
  private final ByteBuffer content;

  ContentWriter(BlobIndex index, InstanceName instance, Digest digest) {
    this.index = index;
    this.instance = instance;
    this.digest = digest;
    this.content = ByteBuffer.allocate((int) digest.sizeBytes());
  }

  @Override
  public long written() {
    return content.position();
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (bytes.remaining() > content.remaining()) {
      throw new Failure.ContentMismatch(digest, "more bytes were written");
    }
    content.put(bytes);
  }

  @Override
  public void commit() {
    if (content.hasRemaining()) {
      throw new Failure.ContentMismatch(digest, "only " + written() + " bytes were written");
    }
    if (!index
        .add(instance, Map.of(digest, UnsafeByteOperations.unsafeWrap(content.array())))
        .isEmpty()) {
      throw ObjectBlobStore.taken(digest);
    }
  }

  @Override
  public void close() {}
}
