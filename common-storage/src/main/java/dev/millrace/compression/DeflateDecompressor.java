package dev.millrace.compression;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses one raw DEFLATE stream, whose window is of 32 KiB; what follows its last block is
 * refused.
 */
final class DeflateDecompressor implements Codec {

  private static final int BUFFER_BYTES = 128 * 1024;

  private final Sink sink;
  private final Inflater inflater = new Inflater(/* nowrap= */ true);
  private final byte[] output = new byte[BUFFER_BYTES];

  DeflateDecompressor(Sink sink) {
    this.sink = sink;
  }

  @Override
  public void write(ByteBuffer bytes) {
    inflater.setInput(bytes);
    while (inflate() > 0) {
      // A full output buffer may mean that more is waiting inside, even if all input is taken.
    }
    if (bytes.hasRemaining()) {
      throw new MalformedDataException("the deflate stream goes on after its last block");
    }
  }

  @Override
  public void finish() {
    if (!inflater.finished()) {
      throw new MalformedDataException("the deflate stream ends before its last block");
    }
  }

  @Override
  public void close() {
    inflater.end();
  }

  private int inflate() {
    try {
      int length = inflater.inflate(output);
      if (length > 0) {
        sink.take(ByteBuffer.wrap(Arrays.copyOf(output, length)));
      }
      return length;
    } catch (DataFormatException e) {
      throw new MalformedDataException("the deflate stream is faulty: " + e.getMessage());
    }
  }
}
