package dev.millrace.cas.upload;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * A small blob on its way in, on the heap: it arrives in a message or two, and most never need a
 * place to be kept at. It gets one when it is suspended.
 */
final class GatheredBlob implements StagedBlob {

  /** Blobs up to this size are gathered. */
  static final int MAX_BYTES = 64 * 1024;

  private final ResourceName.Upload name;
  private final BlobStore store;
  private final StagingArea staging;
  private ByteString content = ByteString.EMPTY;

  GatheredBlob(ResourceName.Upload name, BlobStore store, StagingArea staging) {
    this.name = name;
    this.store = store;
    this.staging = staging;
  }

  @Override
  public long written() {
    return content.size();
  }

  @Override
  public void write(ByteBuffer bytes) {
    Digest digest = name.digest();
    if (bytes.remaining() > digest.sizeBytes() - content.size()) {
      throw new Failure.ContentMismatch(
          digest, "more than the %d bytes of the digest were sent".formatted(digest.sizeBytes()));
    }
    content = content.concat(ByteString.copyFrom(bytes));
  }

  @Override
  public int read(long position, ByteBuffer target) {
    int from = Math.toIntExact(position);
    int length = Math.min(target.remaining(), content.size() - from);
    target.put(content.substring(from, from + length).asReadOnlyByteBuffer());
    return length;
  }

  @Override
  public void commit() {
    Failure failure =
        store.writeAll(name.instance(), Map.of(name.digest(), content)).get(name.digest());
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void suspend() {
    try (StagedBlob staged = staging.begin(name)) {
      content.asReadOnlyByteBufferList().forEach(staged::write);
      staged.suspend();
    }
  }

  @Override
  public void close() {
    content = ByteString.EMPTY;
  }
}
