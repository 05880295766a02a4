package dev.millrace.compression;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;

/** Compresses into one zstd frame, at a level that favours speed. */
public final class ZstdCompressor implements Codec {

  private static final int LEVEL = 1;
  private static final int BUFFER_BYTES = 128 * 1024;

  private final Sink sink;
  private final ZstdCompressCtx context = new ZstdCompressCtx().setLevel(LEVEL);
  private final ByteBuffer input = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final ByteBuffer output = ByteBuffer.allocateDirect(BUFFER_BYTES);

  public ZstdCompressor(Sink sink) {
    this.sink = sink;
  }

  @Override
  public void write(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      int length = Math.min(bytes.remaining(), input.capacity());
      input.clear().put(bytes.slice(bytes.position(), length)).flip();
      bytes.position(bytes.position() + length);
      while (input.hasRemaining()) {
        context.compressDirectByteBufferStream(output, input, EndDirective.CONTINUE);
        passIfFull();
      }
    }
  }

  @Override
  public void finish() {
    input.clear().limit(0);
    while (!context.compressDirectByteBufferStream(output, input, EndDirective.END)) {
      pass();
    }
    pass();
  }

  @Override
  public void close() {
    context.close();
  }

  private void passIfFull() {
    if (!output.hasRemaining()) {
      pass();
    }
  }

  private void pass() {
    if (output.flip().hasRemaining()) {
      byte[] piece = new byte[output.remaining()];
      output.get(piece);
      sink.take(ByteBuffer.wrap(piece));
    }
    output.clear();
  }
}
