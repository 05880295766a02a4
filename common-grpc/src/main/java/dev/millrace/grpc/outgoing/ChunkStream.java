package dev.millrace.grpc.outgoing;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * An encoded message whose data may be in the buffer already that it is drained to. Whether it is
 * shows in where the bytes before the data went; a message never goes out with other bytes than its
 * own.
 *
 * <p>Synchronized, since a transport inside of the process reads it on another thread, perhaps
 * while the sender makes it independent of the chunk.
 */
final class ChunkStream extends InputStream implements KnownLength, Drainable {

  private final OutgoingChunk chunk;
  private ByteBuffer rest;

  ChunkStream(OutgoingChunk chunk) {
    this.chunk = chunk;
    rest = chunk.encoded();
  }

  /** Makes this independent of the chunk, for a reader who comes later. */
  synchronized void keep() {
    rest = ByteBuffer.allocate(rest.remaining()).put(rest.duplicate()).flip();
  }

  @Override
  public synchronized int drainTo(OutputStream target) throws IOException {
    int length = rest.remaining();
    if (!chunk.isTaken()) {
      byte[] bytes = new byte[length];
      rest.get(bytes);
      target.write(bytes);
      return length;
    }
    byte[] prefix = chunk.prefix();
    boolean inPlace = length == chunk.messageBytes() && chunk.written() == 0;
    target.write(prefix);
    if (!inPlace || chunk.written() != prefix.length) {
      throw new IllegalStateException("a message's buffer was taken for something else");
    }
    chunk.skipData();
    rest.position(rest.limit());
    return length;
  }

  @Override
  public synchronized int available() {
    return rest.remaining();
  }

  @Override
  public synchronized int read() {
    return rest.hasRemaining() ? rest.get() & 0xff : -1;
  }

  @Override
  public synchronized int read(byte[] target, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    int count = Math.min(length, rest.remaining());
    if (count == 0) {
      return -1;
    }
    rest.get(target, offset, count);
    return count;
  }
}
