package dev.millrace.grpc.bytestream;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;

/**
 * One Write call, seen by a handler. Ends with {@link #finish}, {@link #suspend} or neither, and
 * then with {@link #close}; without either of them, what was written is given up.
 */
public interface ByteStreamWrite extends AutoCloseable {

  /** The offset of the next byte. */
  long position();

  /**
   * The committed size to answer with at once, if there is nothing left to send: the resource is
   * complete already. Asked before each message's data is taken.
   */
  OptionalLong settled();

  /**
   * Takes the next bytes; blocks while storage is busy, which slows the client down. The buffers
   * are good until this returns.
   */
  void append(List<ByteBuffer> data);

  /** All bytes are there: makes the resource complete. Returns the committed size. */
  long finish();

  /**
   * The call ends before the resource is complete: keeps what can be continued. Returns the
   * committed size.
   */
  long suspend();

  @Override
  void close();
}
