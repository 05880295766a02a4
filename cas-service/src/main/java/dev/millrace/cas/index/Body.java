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

  /**
   * Nowhere: the columns say nothing that makes sense.
   *
   * @param version of the row, as a row that was written meanwhile has another
   */
  record Unreadable(String version, String problem) implements Body {}

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
