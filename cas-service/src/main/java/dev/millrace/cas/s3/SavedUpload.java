package dev.millrace.cas.s3;

import dev.millrace.cas.index.Piece;
import dev.millrace.cas.index.PostgresUploads;
import java.util.ArrayList;
import java.util.List;

/**
 * What an upload consists of outside of this process: its pieces, and the row that they are found
 * by, if it has one. Used by one thread at a time.
 */
final class SavedUpload {

  private static final byte[] NO_TAIL = {};

  private final String name;
  private final PostgresUploads uploads;
  private final PieceStore objects;
  private List<Piece> pieces = List.of();

  /** The row's, or 0 as long as there is none; a database's first is 1. */
  private volatile long epoch;

  SavedUpload(String name, PostgresUploads uploads, PieceStore objects) {
    this.name = name;
    this.uploads = uploads;
    this.objects = objects;
  }

  SavedUpload(
      String name, PostgresUploads uploads, PieceStore objects, PostgresUploads.Saved found) {
    this(name, uploads, objects);
    this.pieces = found.pieces();
    this.epoch = found.epoch();
  }

  long epoch() {
    return epoch;
  }

  List<Piece> pieces() {
    return pieces;
  }

  long length() {
    return pieces.stream().mapToLong(Piece::length).sum();
  }

  /** Makes the row, and gives up what an earlier one led to. */
  void begin() {
    epoch = uploads.begin(name);
  }

  /** Gives up what was kept of the upload before, which in most cases is nothing. */
  void forgetEarlier() {
    if (uploads.kept(name).isPresent()) {
      uploads.discard(name);
    }
  }

  /** Takes note of another piece, without saving that. */
  void append(Piece piece) {
    List<Piece> all = new ArrayList<>(pieces);
    all.add(piece);
    pieces = List.copyOf(all);
  }

  void save() {
    save(NO_TAIL);
  }

  /**
   * Saves what there is by now.
   *
   * @param tail what follows the pieces
   * @throws dev.millrace.failure.Failure.Unavailable if another has taken the upload over
   */
  void save(byte[] tail) {
    if (epoch == 0) {
      begin();
    }
    uploads.save(name, new PostgresUploads.Saved(epoch, pieces, tail));
  }

  /** Forgets the row; pieces that no blob has are deleted. */
  void discard() {
    if (epoch == 0) {
      objects.release(pieces);
    } else {
      uploads.discard(name, epoch);
    }
  }
}
