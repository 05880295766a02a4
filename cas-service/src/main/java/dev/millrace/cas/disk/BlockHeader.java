package dev.millrace.cas.disk;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The first bytes of a block file, for when no checkpoint knows the block.
 *
 * @param number the block's, which only grows
 * @param salt what its records are marked with
 * @param epoch the run of the store that made it
 */
record BlockHeader(long number, long salt, int epoch) {

  static final int BYTES = 64;

  private static final int MAGIC = 0x4d724231;
  private static final int CRC_AT = 60;

  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putInt(MAGIC).putInt(epoch).putLong(number).putLong(salt);
    return bytes.putInt(CRC_AT, RecordFormat.crc(bytes.slice(0, CRC_AT))).clear();
  }

  static Optional<BlockHeader> decode(ByteBuffer bytes) {
    if (bytes.limit() < BYTES
        || bytes.getInt(0) != MAGIC
        || bytes.getInt(CRC_AT) != RecordFormat.crc(bytes.slice(0, CRC_AT))) {
      return Optional.empty();
    }
    return Optional.of(new BlockHeader(bytes.getLong(8), bytes.getLong(16), bytes.getInt(4)));
  }
}
