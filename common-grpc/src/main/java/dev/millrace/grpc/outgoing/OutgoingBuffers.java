package dev.millrace.grpc.outgoing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;

/**
 * Where a server's connections take their buffers from. What asks for one to frame an {@link
 * OutgoingChunk}, while that is being sent, is given the buffer that the chunk is in already.
 */
public final class OutgoingBuffers extends PooledByteBufAllocator {

  static final OutgoingBuffers SHARED = new OutgoingBuffers();

  private OutgoingBuffers() {
    super(/* preferDirect= */ true);
  }

  /** The allocator for connections. One of it a process, since pools do not share what is free. */
  public static ByteBufAllocator allocator() {
    return SHARED;
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    OutgoingChunk chunk = OutgoingChunk.beingSent();
    ByteBuf framed = chunk == null ? null : chunk.takeFor(initialCapacity);
    return framed == null ? super.newDirectBuffer(initialCapacity, maxCapacity) : framed;
  }
}
