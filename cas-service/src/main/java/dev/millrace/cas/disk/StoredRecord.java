package dev.millrace.cas.disk;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;

/**
 * A blob where the index says it is. Checks that it is there, and takes the entry away if not, so
 * that damage is reported once and the blob can be stored anew.
 */
final class StoredRecord implements Committer.Payload {

  private final Digest digest;
  private final Fingerprint key;
  private final Location location;
  private final Block block;
  private final BlobIndex index;

  /**
   * @param block acquired by the caller, who releases it
   */
  StoredRecord(Digest digest, Fingerprint key, Location location, Block block, BlobIndex index) {
    this.digest = digest;
    this.key = key;
    this.location = location;
    this.block = block;
    this.index = index;
  }

  Digest digest() {
    return digest;
  }

  Fingerprint key() {
    return key;
  }

  long length() {
    return location.length();
  }

  /** The whole payload, checked, with one read. */
  ByteBuffer payload() {
    ByteBuffer bytes = ByteBuffer.allocate(recordBytes());
    int read = block.read(location.offset(), bytes);
    return payload(bytes.flip().limit(read));
  }

  /** From the start of the header to the end of the trailer. */
  int recordBytes() {
    return RecordFormat.HEADER_BYTES
        + Math.toIntExact(location.length())
        + RecordFormat.TRAILER_BYTES;
  }

  /** The payload out of the whole record, checked. */
  ByteBuffer payload(ByteBuffer bytes) {
    requireAll(bytes.remaining(), recordBytes());
    requireHeader(bytes);
    int length = Math.toIntExact(location.length());
    ByteBuffer payload = bytes.slice(RecordFormat.HEADER_BYTES, length);
    requirePayload(bytes, RecordFormat.HEADER_BYTES + length, RecordFormat.crc(payload));
    return payload;
  }

  void checkHeader() {
    ByteBuffer bytes = ByteBuffer.allocate(RecordFormat.HEADER_BYTES);
    requireAll(block.read(location.offset(), bytes), bytes.capacity());
    requireHeader(bytes);
  }

  /** Reads a part of the payload, which must not go beyond its end. */
  @Override
  public void read(long position, ByteBuffer target) {
    int wanted = target.remaining();
    requireAll(block.read(payloadAt() + position, target), wanted);
  }

  /** Checks all of the payload by its checksum. */
  @Override
  public void checkPayload(int crc) {
    ByteBuffer bytes = ByteBuffer.allocate(RecordFormat.TRAILER_BYTES);
    requireAll(block.read(payloadAt() + location.length(), bytes), bytes.capacity());
    requirePayload(bytes, 0, crc);
  }

  private long payloadAt() {
    return location.offset() + RecordFormat.HEADER_BYTES;
  }

  private void requireAll(int read, int wanted) {
    if (read != wanted) {
      throw damaged("ends early");
    }
  }

  private void requireHeader(ByteBuffer bytes) {
    if (!RecordFormat.isHeader(bytes, 0, block.salt(), location.offset())
        || !RecordFormat.header(bytes, 0).equals(new RecordFormat.Header(key, location.length()))
        || location.length() != digest.sizeBytes()) {
      throw damaged("has a damaged header");
    }
  }

  private void requirePayload(ByteBuffer bytes, int trailerAt, int crc) {
    if (!RecordFormat.isTrailer(
            bytes, trailerAt, block.salt(), location.offset(), location.length())
        || RecordFormat.payloadCrc(bytes, trailerAt) != crc) {
      throw damaged("does not have its checksum");
    }
  }

  private Failure damaged(String how) {
    index.remove(key, location);
    return new Failure.Corrupt(
        "the local store's copy of blob %s %s; it is dropped".formatted(digest, how),
        /* cause= */ null);
  }
}
