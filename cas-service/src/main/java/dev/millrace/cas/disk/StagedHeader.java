package dev.millrace.cas.disk;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The first bytes of an upload's file, where a block has its own: they say whose file it is until
 * it becomes a block.
 *
 * @param upload fingerprint of its name
 * @param size of the whole blob
 */
record StagedHeader(Fingerprint upload, long size) {

  static final int BYTES = BlockHeader.BYTES;

  private static final int MAGIC = 0x4d725331;
  private static final int CRC_AT = 60;

  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putInt(MAGIC).putLong(size);
    bytes.putLong(upload.a()).putLong(upload.b()).putLong(upload.c()).putLong(upload.d());
    return bytes.putInt(CRC_AT, RecordFormat.crc(bytes.slice(0, CRC_AT))).clear();
  }

  static Optional<StagedHeader> decode(ByteBuffer bytes) {
    if (bytes.limit() < BYTES
        || bytes.getInt(0) != MAGIC
        || bytes.getInt(CRC_AT) != RecordFormat.crc(bytes.slice(0, CRC_AT))) {
      return Optional.empty();
    }
    Fingerprint upload =
        new Fingerprint(bytes.getLong(12), bytes.getLong(20), bytes.getLong(28), bytes.getLong(36));
    return Optional.of(new StagedHeader(upload, bytes.getLong(4)));
  }
}
