package dev.millrace.compression;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;

/**
 * Decompresses zstd frames, one or several in a row (RFC 8878). However much a stream claims or
 * yields, this holds two small buffers and a window of 8 MiB at most, which is what the RFC
 * recommends decoders to support and what all levels but the ultra ones stay within.
 */
public final class ZstdDecompressor implements Codec {

  private static final int MAX_WINDOW_LOG = 23;
  private static final int INPUT_BYTES = 64 * 1024;
  private static final int OUTPUT_BYTES = 128 * 1024;

  private final Sink sink;
  private final ZstdDecompressCtx context = new ZstdDecompressCtx().setLongMax(MAX_WINDOW_LOG);
  private final ByteBuffer input = ByteBuffer.allocateDirect(INPUT_BYTES);
  private final ByteBuffer output = ByteBuffer.allocateDirect(OUTPUT_BYTES);
  private boolean betweenFrames;

  public ZstdDecompressor(Sink sink) {
    this.sink = sink;
  }

  @Override
  public void write(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      int length = Math.min(bytes.remaining(), input.capacity());
      input.clear().put(bytes.slice(bytes.position(), length)).flip();
      bytes.position(bytes.position() + length);
      decompress();
    }
  }

  @Override
  public void finish() {
    if (!betweenFrames) {
      throw new MalformedDataException("the zstd stream ends within a frame");
    }
  }

  @Override
  public void close() {
    context.close();
  }

  private void decompress() {
    // A full output buffer may mean that more is waiting inside, even if all input is taken.
    boolean full = false;
    while (input.hasRemaining() || full && !betweenFrames) {
      output.clear();
      try {
        betweenFrames = context.decompressDirectByteBufferStream(output, input);
      } catch (ZstdException e) {
        throw new MalformedDataException("the zstd stream is faulty: " + e.getMessage());
      }
      full = !output.hasRemaining();
      pass();
    }
  }

  private void pass() {
    if (output.flip().hasRemaining()) {
      byte[] piece = new byte[output.remaining()];
      output.get(piece);
      sink.take(ByteBuffer.wrap(piece));
    }
  }
}
