package dev.millrace.cas.index;

import java.nio.ByteBuffer;
import java.util.List;

/** Where the bytes of a blob are. */
public sealed interface Body {

  /** In the index itself. */
  record Content(byte[] bytes, Checksums checksums) implements Body {

    /** Whether the bytes are still those that were written. */
    public boolean isSound() {
      return Checksums.of(ByteBuffer.wrap(bytes)).equals(checksums);
    }
  }

  /** In objects, one after the other. */
  record Pieces(List<Piece> list) implements Body {

    public Pieces {
      list = List.copyOf(list);
    }

    public long length() {
      return list.stream().mapToLong(Piece::length).sum();
    }
  }
}
