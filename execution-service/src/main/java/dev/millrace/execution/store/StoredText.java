package dev.millrace.execution.store;

import dev.millrace.failure.Failure;
import java.nio.charset.StandardCharsets;

/**
 * What callers' texts have to be like to be kept. They are checked one by one where they come in,
 * for a text that the database refuses would be refused together with others'.
 */
public final class StoredText {

  /** Names are parts of indexes, whose entries are bounded. */
  public static final int MAX_NAME_BYTES = 1024;

  /** All that an action asks for, or a worker offers. */
  public static final int MAX_PROPERTIES_BYTES = 64 * 1024;

  private StoredText() {}

  /**
   * A text that is looked up or ordered by.
   *
   * @param field the path of the field that it came in
   * @throws Failure.InvalidRequest if it cannot be kept
   */
  public static String name(String field, String text) {
    int bytes = bytes(field, text);
    if (bytes > MAX_NAME_BYTES) {
      throw new Failure.InvalidRequest(
          field, "has at most %d bytes, is %d".formatted(MAX_NAME_BYTES, bytes));
    }
    return text;
  }

  /**
   * How many bytes a text has in the database.
   *
   * @throws Failure.InvalidRequest if it cannot be kept
   */
  public static int bytes(String field, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new Failure.InvalidRequest(field, "must not contain the character U+0000");
    }
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /**
   * A list of properties, as it adds up.
   *
   * @throws Failure.InvalidRequest if it is too long to be kept
   */
  public static void properties(String field, long bytes) {
    if (bytes > MAX_PROPERTIES_BYTES) {
      throw new Failure.InvalidRequest(
          field,
          "all properties together have at most %d bytes, are %d"
              .formatted(MAX_PROPERTIES_BYTES, bytes));
    }
  }
}
