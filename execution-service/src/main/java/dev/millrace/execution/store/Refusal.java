package dev.millrace.execution.store;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;

/** Why the database did not do what it was asked to, where that is for us to tell apart. */
sealed interface Refusal {

  /** A value is none that can be stored, or too large: that is up to who brought it. */
  record BadValue(String problem) implements Refusal {}

  /** The server is not, or no longer, the one that takes changes. */
  record ReadOnly() implements Refusal {}

  record Other() implements Refusal {}

  /** Data exceptions, and limits of the database that a value exceeds. */
  String DATA = "22";

  String LIMIT = "54";
  String READ_ONLY_TRANSACTION = "25006";

  static Refusal of(DataAccessException failure) {
    @Nullable SQLException cause = sqlException(failure);
    @Nullable String state = cause == null ? null : cause.getSQLState();
    if (cause == null || state == null) {
      return new Other();
    }
    if (state.startsWith(DATA) || state.startsWith(LIMIT)) {
      return new BadValue(String.valueOf(cause.getMessage()));
    }
    return state.equals(READ_ONLY_TRANSACTION) ? new ReadOnly() : new Other();
  }

  private static @Nullable SQLException sqlException(Throwable failure) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException found) {
        return found;
      }
    }
    return null;
  }
}
