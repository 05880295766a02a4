package dev.millrace.execution.store;

import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;

/** What a session's row says of its bot. */
final class SessionRows {

  private SessionRows() {}

  static BotSession read(ResultSet row) throws SQLException {
    return new BotSession(
        new InstanceName(row.getString("instance")),
        row.getString("bot_id"),
        QueueRows.offer(row),
        row.getInt("capacity"),
        row.getBoolean("accepts_work"));
  }
}
