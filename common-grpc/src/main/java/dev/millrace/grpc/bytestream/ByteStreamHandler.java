package dev.millrace.grpc.bytestream;

import com.google.bytestream.ReadResponse;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.resourcename.ResourceName;

/**
 * One kind of resource behind the ByteStream service. Names that arrive are well formed, of a
 * served instance, and such that {@link #handles} says yes.
 */
public interface ByteStreamHandler {

  boolean handles(ResourceName name);

  /**
   * Whether a range is sent in one message at most, as soon as it was read. Such a read needs no
   * thread of its own.
   */
  default boolean isShort(ResourceName name, ReadRange range) {
    return false;
  }

  /**
   * Sends the bytes of a range; called on a thread of its own, unless it is short.
   *
   * @throws Failure.OutOfRange if the range begins beyond the resource's end
   */
  void read(ResourceName name, ReadRange range, ServerStream<ReadResponse> out);

  /**
   * Begins to write, or goes on with a write that was suspended.
   *
   * @param offset where the client means to go on, not negative
   * @throws Failure.InvalidRequest if writing cannot go on there
   */
  ByteStreamWrite write(ResourceName name, long offset);

  /**
   * How far a write has come.
   *
   * @throws Failure.NotFound if nothing is known of the name
   */
  WriteStatus queryWriteStatus(ResourceName name);
}
