package dev.millrace.compression;

import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/** Compresses into one raw DEFLATE stream, at a level that favours speed. */
final class DeflateCompressor implements Codec {

  private static final int BUFFER_BYTES = 128 * 1024;

  private final Sink sink;
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, /* nowrap= */ true);

  DeflateCompressor(Sink sink) {
    this.sink = sink;
  }

  @Override
  public void write(ByteBuffer bytes) {
    deflater.setInput(bytes);
    while (!deflater.needsInput()) {
      pass();
    }
  }

  @Override
  public void finish() {
    deflater.finish();
    while (!deflater.finished()) {
      pass();
    }
  }

  @Override
  public void close() {
    deflater.end();
  }

  private void pass() {
    ByteBuffer output = ByteBuffer.allocate(BUFFER_BYTES);
    if (deflater.deflate(output) > 0) {
      sink.take(output.flip());
    }
  }
}
