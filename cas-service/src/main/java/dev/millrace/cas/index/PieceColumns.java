package dev.millrace.cas.index;

import java.nio.ByteBuffer;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.support.SqlArrayValue;

/** Pieces as the three columns that several tables have for them. */
record PieceColumns(SqlArrayValue objects, SqlArrayValue lengths, byte[] checksums) {

  static PieceColumns of(List<Piece> pieces) {
    ByteBuffer sums =
        ByteBuffer.allocate(pieces.stream().mapToInt(p -> p.checksums().bytes().length).sum());
    pieces.forEach(piece -> sums.put(piece.checksums().bytes()));
    return new PieceColumns(
        objects(pieces),
        new SqlArrayValue("int4", pieces.stream().map(Piece::length).toArray()),
        sums.array());
  }

  static SqlArrayValue objects(List<Piece> pieces) {
    return new SqlArrayValue("uuid", pieces.stream().map(Piece::object).toArray());
  }

  static List<Piece> read(ResultSet row) throws SQLException {
    UUID[] objects = (UUID[]) array(row, "pieces");
    Integer[] lengths = (Integer[]) array(row, "lengths");
    ByteBuffer sums = ByteBuffer.wrap(row.getBytes("checksums"));
    List<Piece> pieces = new ArrayList<>(objects.length);
    for (int i = 0; i < objects.length; i++) {
      byte[] own = new byte[4 * Checksums.count(lengths[i])];
      sums.get(own);
      pieces.add(new Piece(objects[i], lengths[i], new Checksums(own)));
    }
    return pieces;
  }

  private static Object array(ResultSet row, String column) throws SQLException {
    Array array = row.getArray(column);
    return array.getArray();
  }
}
