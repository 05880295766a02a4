package dev.millrace.grpc.incoming;

import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import java.io.InputStream;

/**
 * Content that is part of a message in the transport's buffers. They are the transport's until it
 * is taken: a message that is dropped on its way needs nobody to release it, and one that is kept
 * for too long yields an error and never what the buffers hold by then.
 */
final class BufferedContent implements IncomingWrite.Content {

  private final InputStream message;
  private final int start;
  private final int size;

  /**
   * @param message at its beginning, {@linkplain #isPossible able} to give its buffers away
   * @param start where the content begins in it
   */
  BufferedContent(InputStream message, int start, int size) {
    this.message = message;
    this.start = start;
    this.size = size;
  }

  /** Whether a message is in buffers that can be looked into and taken over. */
  static boolean isPossible(InputStream message) {
    return message instanceof Detachable
        && message.markSupported()
        && message instanceof HasByteBuffer buffers
        && buffers.byteBufferSupported();
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public IncomingWrite.Lent take() {
    LentBuffers lent = new LentBuffers(((Detachable) message).detach());
    try {
      lent.find(start, size);
      return lent;
    } catch (RuntimeException | Error gone) {
      lent.close();
      throw gone;
    }
  }
}
