package dev.millrace.actions.store;

import com.google.protobuf.ByteString;
import dev.millrace.action.Provenance;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.CRC32C;

/** A result on its way into the table, and who wrote it. */
record NewResult(ResultKey key, ByteString result, Provenance provenance) {

  private static final int MOST_CHARACTERS = 1024;

  /** A statement's parameters but for those of the key, an array a column. */
  static Map<String, Object> columns(Collection<NewResult> results) {
    return Map.of(
        "result", results.stream().map(r -> r.result().toByteArray()).toArray(byte[][]::new),
        "checksum",
            results.stream().mapToInt(r -> checksum(r.result().asReadOnlyByteBuffer())).toArray(),
        "team", texts(results, Provenance::team),
        "token", texts(results, Provenance::token),
        "worker", texts(results, Provenance::worker),
        "invocation", texts(results, Provenance::invocation));
  }

  private static String[] texts(
      Collection<NewResult> results, Function<Provenance, String> column) {
    return results.stream()
        .map(result -> storable(column.apply(result.provenance())))
        .toArray(String[]::new);
  }

  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** What clients say of themselves may hold the one character that PostgreSQL has no text for. */
  static String storable(String text) {
    String cut = text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) : text;
    return cut.replace('\0', '?');
  }
}
