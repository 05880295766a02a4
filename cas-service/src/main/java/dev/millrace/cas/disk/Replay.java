package dev.millrace.cas.disk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Finds the sound records in a part of a block. What is none is passed over in steps of the record
 * alignment: writers finish in any order, so a lost record says nothing of those behind it.
 */
final class Replay {

  private static final int WINDOW_BYTES = 1024 * 1024;

  /** Takes a record that was found. */
  interface Sink {
    void found(Fingerprint key, long offset, long length);
  }

  private final Block block;
  private final long size;
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
  private long windowStart;

  /**
   * @param size of the block's file
   */
  Replay(Block block, long size) {
    this.block = block;
    this.size = size;
  }

  /**
   * Reads from an offset to the end of the file.
   *
   * @param trustedTo payloads of records that begin before it are not read, only their frames
   * @return the end of the last sound record, or {@code from}
   */
  long run(long from, long trustedTo, Sink sink) {
    long at = from;
    long end = from;
    while (at + RecordFormat.sizeOf(0) <= size) {
      if (!inWindow(at, RecordFormat.HEADER_BYTES)) {
        load(at);
      }
      int inWindow = (int) (at - windowStart);
      if (RecordFormat.isHeader(window, inWindow, block.salt(), at)) {
        RecordFormat.Header header = RecordFormat.header(window, inWindow);
        if (isCommitted(at, header.payloadLength(), at >= trustedTo)) {
          sink.found(header.fingerprint(), at, header.payloadLength());
          at += RecordFormat.sizeOf(header.payloadLength());
          end = at;
          continue;
        }
      }
      at += RecordFormat.ALIGNMENT;
    }
    return end;
  }

  private boolean isCommitted(long at, long length, boolean checkPayload) {
    long trailerAt = at + RecordFormat.HEADER_BYTES + length;
    if (length > size || trailerAt + RecordFormat.TRAILER_BYTES > size) {
      return false;
    }
    ByteBuffer trailer = bytes(trailerAt, RecordFormat.TRAILER_BYTES);
    return RecordFormat.isTrailer(trailer, 0, block.salt(), at, length)
        && (!checkPayload
            || RecordFormat.payloadCrc(trailer, 0) == crc(at + RecordFormat.HEADER_BYTES, length));
  }

  private int crc(long from, long length) {
    CRC32C crc = new CRC32C();
    long at = from;
    long end = from + length;
    while (at < end) {
      int part = (int) Math.min(WINDOW_BYTES / 4, end - at);
      ByteBuffer bytes = bytes(at, part);
      part = bytes.remaining();
      crc.update(bytes);
      at += part;
    }
    return (int) crc.getValue();
  }

  /** Bytes of the file, out of the window where it has them. */
  private ByteBuffer bytes(long from, int length) {
    if (inWindow(from, length)) {
      return window.slice((int) (from - windowStart), length);
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    block.read(from, bytes);
    return bytes.clear();
  }

  private boolean inWindow(long from, int length) {
    return from >= windowStart && from + length <= windowStart + window.limit();
  }

  private void load(long from) {
    window.clear();
    block.read(from, window);
    window.flip();
    windowStart = from;
  }
}
