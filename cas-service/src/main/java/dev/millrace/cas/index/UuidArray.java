package dev.millrace.cas.index;

import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Oid;
import org.postgresql.jdbc.PgArray;
import org.springframework.jdbc.core.SqlTypeValue;

/**
 * UUIDs as one parameter, in PostgreSQL's binary form of an array. The driver by itself sends them
 * as text, and to read ten thousand of these takes PostgreSQL ten times as long.
 */
record UuidArray(List<UUID> elements) implements SqlTypeValue {

  @Override
  public void setTypeValue(
      PreparedStatement statement, int index, int sqlType, @Nullable String typeName)
      throws SQLException {
    BaseConnection connection = statement.getConnection().unwrap(BaseConnection.class);
    statement.setArray(index, new PgArray(connection, Oid.UUID_ARRAY, bytes()));
  }

  /** Dimensions, whether there are nulls, type; length and first index; each length and element. */
  byte[] bytes() {
    int dimensions = elements.isEmpty() ? 0 : 1;
    ByteBuffer bytes = ByteBuffer.allocate(12 + 8 * dimensions + 20 * elements.size());
    bytes.putInt(dimensions).putInt(0).putInt(Oid.UUID);
    if (dimensions > 0) {
      bytes.putInt(elements.size()).putInt(1);
    }
    for (UUID element : elements) {
      bytes.putInt(16);
      bytes.putLong(element.getMostSignificantBits()).putLong(element.getLeastSignificantBits());
    }
    return bytes.array();
  }
}
