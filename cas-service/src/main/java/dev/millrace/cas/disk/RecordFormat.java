package dev.millrace.cas.disk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A blob in a block: header, payload, trailer, padded to 64 bytes.
 *
 * <pre>
 * header   magic 4 | CRC-32C of what follows 4 | salt 8 | offset 8 | payload length 8 | fingerprint 32
 * trailer  commit mark 4 | CRC-32C of the payload 4 | seal 8
 * </pre>
 *
 * <p>The salt is the block's, random and never told: content that looks like a record is not taken
 * for one, whoever wrote it. The offset binds a record to its place. Header and trailer are written
 * when the blob is committed, so that an unfinished one is nothing at all.
 */
final class RecordFormat {

  static final int HEADER_BYTES = 64;
  static final int TRAILER_BYTES = 16;
  static final int ALIGNMENT = 64;

  private static final int MAGIC = 0x4d724c31;
  private static final int COMMIT_MARK = 0x436f4d74;

  private RecordFormat() {}

  /** Bytes that a record takes in a block. */
  static long sizeOf(long payload) {
    return (HEADER_BYTES + payload + TRAILER_BYTES + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** What a sound header says. */
  record Header(Fingerprint fingerprint, long payloadLength) {}

  static void putHeader(
      ByteBuffer target, long salt, long offset, long length, Fingerprint fingerprint) {
    int start = target.position();
    target.putInt(MAGIC).putInt(0).putLong(salt).putLong(offset).putLong(length);
    target.putLong(fingerprint.a()).putLong(fingerprint.b());
    target.putLong(fingerprint.c()).putLong(fingerprint.d());
    target.putInt(start + 4, crc(target.slice(start + 8, HEADER_BYTES - 8)));
  }

  static void putTrailer(ByteBuffer target, long salt, long offset, long length, int payloadCrc) {
    target.putInt(COMMIT_MARK).putInt(payloadCrc).putLong(seal(salt, offset, length));
  }

  /** Whether there may be a header, cheaply. */
  static boolean mayBeHeader(ByteBuffer source, int at, long salt) {
    return source.getInt(at) == MAGIC && source.getLong(at + 8) == salt;
  }

  static boolean isHeader(ByteBuffer source, int at, long salt, long offset) {
    return mayBeHeader(source, at, salt)
        && source.getLong(at + 16) == offset
        && source.getLong(at + 24) >= 0
        && source.getInt(at + 4) == crc(source.slice(at + 8, HEADER_BYTES - 8));
  }

  /** The content of what {@link #isHeader} found to be one. */
  static Header header(ByteBuffer source, int at) {
    Fingerprint fingerprint =
        new Fingerprint(
            source.getLong(at + 32),
            source.getLong(at + 40),
            source.getLong(at + 48),
            source.getLong(at + 56));
    return new Header(fingerprint, source.getLong(at + 24));
  }

  static boolean isTrailer(ByteBuffer source, int at, long salt, long offset, long length) {
    return source.getInt(at) == COMMIT_MARK && source.getLong(at + 8) == seal(salt, offset, length);
  }

  /** The payload's checksum that a trailer holds. */
  static int payloadCrc(ByteBuffer source, int at) {
    return source.getInt(at + 4);
  }

  /** CRC-32C of all that remains, which is left as it is. */
  static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  private static long seal(long salt, long offset, long length) {
    return Checksum.mix(Checksum.mix(salt, offset), length);
  }
}
