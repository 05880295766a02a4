package dev.millrace.compression;

import java.nio.ByteBuffer;

/** Copies what a native library has into pieces that a sink may keep. */
final class Pieces {

  private static final int MAX_BYTES = 128 * 1024;

  private Pieces() {}

  static void pass(ByteBuffer output, Codec.Sink sink) {
    while (output.hasRemaining()) {
      byte[] piece = new byte[Math.min(MAX_BYTES, output.remaining())];
      output.get(piece);
      sink.take(ByteBuffer.wrap(piece));
    }
  }
}
