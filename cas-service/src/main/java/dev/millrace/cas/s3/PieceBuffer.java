package dev.millrace.cas.s3;

import dev.millrace.cas.index.Checksums;
import dev.millrace.cas.index.Piece;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers the bytes of one piece after the other, in blocks of the {@link TransferMemory}. When
 * memory is short, pieces are: a buffer waits for memory only while it has none. Used by one thread
 * at a time; must be closed.
 */
public final class PieceBuffer implements AutoCloseable {

  private final PieceStore store;

  /** All full but the last one; each written to from its start to its position. */
  private final List<ByteBuffer> blocks = new ArrayList<>();

  PieceBuffer(PieceStore store) {
    this.store = store;
  }

  /**
   * Takes as many of the bytes as there is room for; none if the buffer has to be sent first.
   *
   * @param expected how many bytes of the blob there are to come at most, these included
   */
  public void fill(ByteBuffer bytes, long expected) {
    long left = expected;
    while (bytes.hasRemaining() && hasRoom(left)) {
      ByteBuffer block = blocks.getLast();
      int length = Math.min(block.remaining(), bytes.remaining());
      block.put(bytes.slice(bytes.position(), length));
      bytes.position(bytes.position() + length);
      left -= length;
    }
  }

  private boolean hasRoom(long expected) {
    if (!blocks.isEmpty() && blocks.getLast().hasRemaining()) {
      return true;
    }
    if (blocks.isEmpty()) {
      store.memory().takeFirst();
    } else if (blocks.size() == store.pieceBlocks()
        || blocks.getLast().capacity() < Checksums.BLOCK
        || !store.memory().tryTake()) {
      return false;
    }
    blocks.add(ByteBuffer.allocate((int) Math.min(Checksums.BLOCK, expected)));
    return true;
  }

  public boolean isEmpty() {
    return length() == 0;
  }

  /** Bytes that are gathered and not sent. */
  public int length() {
    return blocks.stream().mapToInt(ByteBuffer::position).sum();
  }

  /** Stores what is gathered as a piece, and is empty then. */
  public Piece send() {
    Piece piece = store.write(blocks.stream().map(b -> b.duplicate().flip()).toList());
    // One is kept, so that whoever has begun can go on to the end.
    keep(blocks.getFirst().capacity() == Checksums.BLOCK ? 1 : 0);
    blocks.forEach(ByteBuffer::clear);
    return piece;
  }

  private void keep(int count) {
    store.memory().giveBack(blocks.size() - count);
    blocks.subList(count, blocks.size()).clear();
  }

  @Override
  public void close() {
    keep(0);
  }
}
