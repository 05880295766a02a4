package dev.millrace.grpc.incoming;

import io.grpc.HasByteBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The transport's buffers of one message, and the data in them. */
final class LentBuffers implements IncomingWrite.Lent {

  private final InputStream message;
  private final List<ByteBuffer> parts = new ArrayList<>();

  /**
   * @param message that belongs to nobody else
   */
  LentBuffers(InputStream message) {
    this.message = message;
  }

  /** Makes {@code size} bytes from {@code start} on the data. */
  void find(int start, int size) {
    try {
      // Of a marked message no buffer is let go once it is behind.
      message.mark(start + size);
      skip(start);
      int left = size;
      while (left > 0) {
        ByteBuffer part = next(left);
        parts.add(part);
        left -= part.remaining();
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private ByteBuffer next(int most) throws IOException {
    ByteBuffer buffer = ((HasByteBuffer) message).getByteBuffer();
    if (buffer == null || !buffer.hasRemaining()) {
      return behindNothing();
    }
    int length = Math.min(most, buffer.remaining());
    ByteBuffer part = buffer.slice(buffer.position(), length).asReadOnlyBuffer();
    skip(length);
    return part;
  }

  /** A byte whose buffer is behind those of empty frames: only reading leads there. */
  private ByteBuffer behindNothing() throws IOException {
    byte[] value = new byte[1];
    if (message.read(value) != value.length) {
      throw gone();
    }
    return ByteBuffer.wrap(value).asReadOnlyBuffer();
  }

  private void skip(int count) throws IOException {
    if (message.skip(count) != count) {
      throw gone();
    }
  }

  private static IllegalStateException gone() {
    return new IllegalStateException("a message's data was asked for after it was handled");
  }

  @Override
  public List<ByteBuffer> parts() {
    return parts;
  }

  @Override
  public void close() {
    parts.clear();
    try {
      message.close();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }
}
