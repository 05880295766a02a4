package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import java.nio.ByteBuffer;

/** Gathers a small blob on the heap, and takes room in a block only once it is whole. */
final class SmallBlobWriter implements BlobWriter {

  private final Digest digest;
  private final Claim claim;
  private final Publication publication;
  private final ByteBuffer gathered;

  /** How a whole blob is stored. */
  interface Publication {
    void publish(ByteBuffer payload);
  }

  SmallBlobWriter(Digest digest, Claim claim, Publication publication) {
    this.digest = digest;
    this.claim = claim;
    this.publication = publication;
    this.gathered = ByteBuffer.allocate(Math.toIntExact(digest.sizeBytes()));
  }

  @Override
  public long written() {
    return gathered.position();
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (bytes.remaining() > gathered.remaining()) {
      throw Sizes.tooLong(digest);
    }
    gathered.put(bytes);
  }

  @Override
  public void commit() {
    if (gathered.hasRemaining()) {
      throw Sizes.tooShort(digest, written());
    }
    publication.publish(gathered.duplicate().flip());
  }

  @Override
  public void close() {
    claim.close();
  }
}
