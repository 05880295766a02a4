package dev.millrace.cas.s3;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.Body;
import dev.millrace.cas.index.Piece;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A blob that is sent piece by piece while it arrives. Before the first piece it is made sure that
 * nobody else has stored the blob or is about to; if so, the rest is only counted.
 */
final class PieceWriter implements BlobWriter {

  private final BlobIndex index;
  private final UploadClaims claims;
  private final PieceBuffer buffer;
  private final PieceStore store;
  private final InstanceName instance;
  private final Digest digest;
  private final List<Piece> pieces = new ArrayList<>();

  private UploadClaims.@Nullable Claim claim;
  private boolean stored;
  private long written;

  PieceWriter(ObjectBlobStore blobs, InstanceName instance, Digest digest) {
    this.index = blobs.index();
    this.claims = blobs.claims();
    this.store = blobs.pieces();
    this.buffer = store.newBuffer();
    this.instance = instance;
    this.digest = digest;
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (bytes.remaining() > digest.sizeBytes() - written) {
      throw new Failure.ContentMismatch(digest, "more bytes were written");
    }
    while (bytes.hasRemaining()) {
      int before = bytes.remaining();
      if (stored) {
        bytes.position(bytes.limit());
      } else {
        buffer.fill(bytes, digest.sizeBytes() - written);
      }
      written += before - bytes.remaining();
      if (bytes.hasRemaining()) {
        send();
      }
    }
  }

  private void send() {
    UploadClaims.Claim own = claim;
    if (own == null) {
      Optional<UploadClaims.Claim> taken = claims.take(instance, digest);
      if (taken.isEmpty()) {
        becomeNeedless();
        return;
      }
      own = taken.get();
      claim = own;
      if (index.findMissing(instance, Set.of(digest)).isEmpty()) {
        own.succeed();
        becomeNeedless();
        return;
      }
    }
    pieces.add(buffer.send());
    own.step();
  }

  private void becomeNeedless() {
    stored = true;
    buffer.close();
  }

  @Override
  public void commit() {
    if (written != digest.sizeBytes()) {
      throw new Failure.ContentMismatch(digest, "only " + written + " bytes were written");
    }
    if (!stored && !buffer.isEmpty()) {
      send();
    }
    if (!stored) {
      index.add(instance, digest, new Body.Pieces(pieces));
      stored = true;
    } else if (!index.findMissing(instance, Set.of(digest)).isEmpty()) {
      // It was there when this writer stopped keeping what it took, and was found damaged since.
      throw new Failure.Unavailable("the blob was lost while it was sent again", /* cause= */ null);
    }
    if (claim != null) {
      claim.succeed();
    }
  }

  @Override
  public void close() {
    buffer.close();
    if (!stored) {
      store.release(pieces);
    }
    if (claim != null) {
      claim.close();
    }
  }
}
