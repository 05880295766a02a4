package dev.millrace.compression;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * Decompresses one Brotli stream; what follows it is refused, as is a stream that asks for a window
 * above 8 MiB, which only the highest settings for large files do.
 */
final class BrotliDecompressor implements Codec {

  private static final int MAX_WINDOW_LOG = 23;
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Sink sink;
  private final DecoderJNI.Wrapper decoder;
  private boolean begun;

  BrotliDecompressor(Sink sink) {
    Brotli4jLoader.ensureAvailability();
    this.sink = sink;
    try {
      decoder = new DecoderJNI.Wrapper(BUFFER_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException("no Brotli decoder could be made", e);
    }
  }

  @Override
  public void write(ByteBuffer bytes) {
    if (!begun && bytes.hasRemaining()) {
      checkWindow(bytes.get(bytes.position()));
      begun = true;
    }
    while (bytes.hasRemaining()) {
      if (decoder.getStatus() == DecoderJNI.Status.DONE) {
        throw new MalformedDataException("the brotli stream goes on after its end");
      }
      int length = Math.min(bytes.remaining(), BUFFER_BYTES);
      decoder.getInputBuffer().clear().put(bytes.slice(bytes.position(), length));
      bytes.position(bytes.position() + length);
      decoder.push(length);
      decode();
    }
  }

  @Override
  public void finish() {
    if (decoder.getStatus() != DecoderJNI.Status.DONE) {
      throw new MalformedDataException("the brotli stream ends before its end");
    }
  }

  @Override
  public void close() {
    decoder.destroy();
  }

  private void decode() {
    while (true) {
      switch (decoder.getStatus()) {
        case OK -> decoder.push(0);
        case NEEDS_MORE_OUTPUT -> Pieces.pass(decoder.pull(), sink);
        case NEEDS_MORE_INPUT -> {
          return;
        }
        case DONE -> {
          if (!decoder.hasOutput()) {
            return;
          }
          Pieces.pass(decoder.pull(), sink);
        }
        case ERROR -> throw new MalformedDataException("the brotli stream is faulty");
      }
    }
  }

  /** The first seven bits say how large the window is: RFC 7932, section 9.1. */
  private static void checkWindow(byte first) {
    int large = first >> 1 & 0b111;
    int log = (first & 1) == 0 || large == 0 ? 0 : 17 + large;
    if (log > MAX_WINDOW_LOG) {
      throw new MalformedDataException(
          "the brotli stream needs a window of 2^%d bytes; at most 2^%d are served"
              .formatted(log, MAX_WINDOW_LOG));
    }
  }
}
