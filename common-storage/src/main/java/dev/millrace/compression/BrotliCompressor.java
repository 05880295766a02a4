package dev.millrace.compression;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.Encoder;
import com.aayushatharva.brotli4j.encoder.EncoderJNI;
import com.aayushatharva.brotli4j.encoder.EncoderJNI.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Compresses into one Brotli stream, at a level that favours speed. */
final class BrotliCompressor implements Codec {

  private static final int QUALITY = 3;
  private static final int WINDOW_LOG = 20;
  private static final int BUFFER_BYTES = 128 * 1024;

  private final Sink sink;
  private final EncoderJNI.Wrapper encoder;

  BrotliCompressor(Sink sink) {
    Brotli4jLoader.ensureAvailability();
    this.sink = sink;
    try {
      encoder = new EncoderJNI.Wrapper(BUFFER_BYTES, QUALITY, WINDOW_LOG, Encoder.Mode.GENERIC);
    } catch (IOException e) {
      throw new UncheckedIOException("no Brotli encoder could be made", e);
    }
  }

  @Override
  public void write(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      int length = Math.min(bytes.remaining(), BUFFER_BYTES);
      encoder.getInputBuffer().clear().put(bytes.slice(bytes.position(), length));
      bytes.position(bytes.position() + length);
      encode(Operation.PROCESS, length);
    }
  }

  @Override
  public void finish() {
    encode(Operation.FINISH, 0);
  }

  @Override
  public void close() {
    encoder.destroy();
  }

  private void encode(Operation operation, int length) {
    encoder.push(operation, length);
    while (true) {
      if (!encoder.isSuccess()) {
        throw new IllegalStateException("Brotli's encoder failed");
      } else if (encoder.hasMoreOutput()) {
        Pieces.pass(encoder.pull(), sink);
      } else if (encoder.hasRemainingInput()) {
        encoder.push(operation, 0);
      } else {
        return;
      }
    }
  }
}
