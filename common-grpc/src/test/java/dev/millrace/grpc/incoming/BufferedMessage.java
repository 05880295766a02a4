package dev.millrace.grpc.incoming;

import com.google.protobuf.ByteString;
import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import java.io.FilterInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A message as a transport holds it, in buffers of some size that count as long as they are lent.
 */
class BufferedMessage extends InputStream implements HasByteBuffer, Detachable, KnownLength {

  private final int bufferBytes;
  private final AtomicInteger lent;
  private ByteBuffer rest;
  private int marked = -1;

  BufferedMessage(ByteString encoded, int bufferBytes) {
    this(
        ByteBuffer.allocateDirect(encoded.size()).put(encoded.asReadOnlyByteBuffer()).flip(),
        bufferBytes,
        new AtomicInteger());
  }

  private BufferedMessage(ByteBuffer rest, int bufferBytes, AtomicInteger lent) {
    this.rest = rest;
    this.bufferBytes = bufferBytes;
    this.lent = lent;
  }

  /** How many who took the message over have it. */
  int lent() {
    return lent.get();
  }

  /** The same message, from a transport that shows nobody its buffers. */
  InputStream opaque() {
    return new FilterInputStream(this) {};
  }

  @Override
  public InputStream detach() {
    lent.incrementAndGet();
    ByteBuffer taken = rest;
    rest = ByteBuffer.allocate(0);
    return new BufferedMessage(taken, bufferBytes, lent) {
      @Override
      public void close() {
        super.close();
        lent.decrementAndGet();
      }
    };
  }

  @Override
  public boolean byteBufferSupported() {
    return true;
  }

  @Override
  public @Nullable ByteBuffer getByteBuffer() {
    int length = Math.min(rest.remaining(), bufferBytes - rest.position() % bufferBytes);
    return length == 0 ? null : rest.slice(rest.position(), length);
  }

  @Override
  public boolean markSupported() {
    return true;
  }

  @Override
  public synchronized void mark(int limit) {
    marked = rest.position();
  }

  @Override
  public synchronized void reset() {
    rest.position(marked);
  }

  @Override
  public int available() {
    return rest.remaining();
  }

  @Override
  public long skip(long count) {
    int skipped = (int) Math.min(count, rest.remaining());
    rest.position(rest.position() + skipped);
    return skipped;
  }

  @Override
  public int read() {
    return rest.hasRemaining() ? rest.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    int count = Math.min(length, rest.remaining());
    rest.get(target, offset, count);
    return count == 0 ? -1 : count;
  }

  @Override
  public void close() {
    rest = ByteBuffer.allocate(0);
  }
}
