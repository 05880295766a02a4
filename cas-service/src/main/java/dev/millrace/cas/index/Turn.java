package dev.millrace.cas.index;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Function;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Work that only one replica does at a time. The turn is a lock of the session that does the work:
 * who loses the connection loses the turn, and cannot go on without noticing.
 */
enum Turn {
  COLLECTION,
  SCRUBBING,
  ORPHANS;

  /** Sets our locks apart from those of others in the same database. */
  private static final int OURS = 0x6d696c6c;

  /** Does the work if nobody else is at it. */
  <T> Optional<T> take(IndexDatabase database, Function<JdbcClient, T> work) {
    return database.session(connection -> {
      if (!answer(connection, "select pg_try_advisory_lock(?, ?)")) {
        return Optional.<T>empty();
      }
      try {
        return Optional.of(
            work.apply(
                JdbcClient.create(
                    new SingleConnectionDataSource(connection, /* suppressClose= */ true))));
      } finally {
        giveBack(connection);
      }
    });
  }

  /** A connection that may still have the lock must not go back to a pool. */
  private void giveBack(Connection connection) throws SQLException {
    boolean released = false;
    try {
      released = answer(connection, "select pg_advisory_unlock(?, ?)");
    } catch (SQLException _) {
      // What went wrong before is what matters, and has gone on its way to the caller.
    } finally {
      if (!released) {
        connection.abort(Runnable::run);
      }
    }
  }

  private boolean answer(Connection connection, String question) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(question)) {
      statement.setInt(1, OURS);
      statement.setInt(2, ordinal());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }
}
