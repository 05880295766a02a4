package dev.millrace.cas.s3;

import dev.millrace.blobstore.BlobReader;
import dev.millrace.cas.index.Body;
import dev.millrace.cas.index.Checksums;
import dev.millrace.cas.index.Piece;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Reads windows of whole blocks, each of which is checked before a byte of it is handed out.
 * Reading onwards makes the windows larger; a window that is read to its end is let go.
 */
final class PieceReader implements BlobReader {

  private static final int MOST_BLOCKS = 4;

  private final ObjectBlobStore store;
  private final InstanceName instance;
  private final Digest digest;
  private final Body.Pieces body;

  /** Checked bytes from {@link #start} on; its limit is their length. */
  private ByteBuffer window = ByteBuffer.allocate(0);

  private long start = -1;
  private int taken;
  private int blocks = 1;

  PieceReader(ObjectBlobStore store, InstanceName instance, Digest digest, Body.Pieces body) {
    this.store = store;
    this.instance = instance;
    this.digest = digest;
    this.body = body;
  }

  @Override
  public Digest digest() {
    return digest;
  }

  @Override
  public int read(long position, ByteBuffer target) {
    Objects.checkFromToIndex(position, digest.sizeBytes(), Long.MAX_VALUE);
    long at = position;
    while (target.hasRemaining() && at < digest.sizeBytes()) {
      if (at < start || at >= start + window.limit()) {
        fetch(at);
      }
      int from = (int) (at - start);
      int length = Math.min(target.remaining(), window.limit() - from);
      target.put(window.slice(from, length));
      at += length;
    }
    if (at == start + window.limit()) {
      letGo();
    }
    return (int) (at - position);
  }

  private void fetch(long position) {
    blocks = position == start + window.limit() ? Math.min(2 * blocks, MOST_BLOCKS) : 1;
    letGo();
    long begin = 0;
    for (Piece piece : body.list()) {
      if (position < begin + piece.length()) {
        fetch(piece, begin, (int) (position - begin) / Checksums.BLOCK);
        return;
      }
      begin += piece.length();
    }
    throw store.damaged(instance, digest, body, "its pieces are shorter than the blob");
  }

  private void fetch(Piece piece, long begin, int block) {
    store.pieces().memory().takeFirst();
    taken = 1;
    int wanted = Math.min(blocks, Checksums.count(piece.length()) - block);
    while (taken < wanted && store.pieces().memory().tryTake()) {
      taken++;
    }
    int offset = block * Checksums.BLOCK;
    ByteBuffer fetched =
        ByteBuffer.allocate(Math.min(taken * Checksums.BLOCK, piece.length() - offset));
    store
        .pieces()
        .read(piece, block, fetched)
        .ifPresent(problem -> {
          throw store.damaged(instance, digest, body, problem);
        });
    start = begin + offset;
    window = fetched.flip();
  }

  private void letGo() {
    start += window.limit();
    window = ByteBuffer.allocate(0);
    store.pieces().memory().giveBack(taken);
    taken = 0;
  }

  @Override
  public void close() {
    letGo();
  }
}
