package dev.millrace.cas.disk;

import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;

/** Writes a blob piece by piece to room that was reserved for all of it. */
final class LargeBlobWriter implements BlobWriter {

  private final Digest digest;
  private final Fingerprint key;
  private final Claim claim;
  private final Reservation reservation;
  private final Committer committer;
  private final BooleanSupplier isStored;
  private final CRC32C crc = new CRC32C();
  private long written;
  private boolean ended;

  /**
   * @param isStored whether another writer has stored the blob by now
   */
  LargeBlobWriter(
      Digest digest, Fingerprint key, Claim claim, Committer committer, BooleanSupplier isStored) {
    this.digest = digest;
    this.key = key;
    this.claim = claim;
    this.committer = committer;
    this.isStored = isStored;
    this.reservation = committer.reserve(digest.sizeBytes());
  }

  /** This writer, with what it writes readable for as long as it is not closed. */
  GrowingBlob readable() {
    return new RetainedBlobWriter(
        this, reservation.block(), reservation.offset() + RecordFormat.HEADER_BYTES);
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
    requireOpen();
    int length = bytes.remaining();
    crc.update(bytes.duplicate());
    reservation.block().write(reservation.offset() + RecordFormat.HEADER_BYTES + written, bytes);
    written += length;
  }

  @Override
  public void commit() {
    if (written != digest.sizeBytes()) {
      throw Sizes.tooShort(digest, written);
    }
    requireOpen();
    if (!isStored.getAsBoolean()) {
      ended = true;
      committer.commit(reservation, key, written, (int) crc.getValue());
    }
  }

  private void requireOpen() {
    if (ended) {
      throw new Failure.Unavailable("the writer of blob " + digest + " has ended", null);
    }
  }

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      committer.giveBack(reservation);
    }
    claim.close();
  }
}
