package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

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

  /** Two sessions of one bot may be opened at once: one after the other then. */
  static void serialise(JdbcClient sql, BotSession session) {
    String unused =
        sql.sql("select pg_advisory_xact_lock(hashtextextended(:bot, 0))::text")
            .param("bot", "execution.sessions " + session.instance() + " " + session.botId())
            .query(String.class)
            .single();
  }

  /** The session that a bot has, locked. */
  static Optional<String> lockOf(JdbcClient sql, BotSession session) {
    return sql.sql(
            """
            select name from execution.sessions
            where instance = :instance and bot_id = :bot for update
            """)
        .param("instance", session.instance().value())
        .param("bot", session.botId())
        .query(String.class)
        .optional();
  }

  static void insert(
      JdbcClient sql, String name, BotSession session, Instant now, Instant expiresAt) {
    List<Property> properties = QueueRows.properties(session.offer());
    int unused =
        sql.sql(
                """
                insert into execution.sessions (name, instance, serves_below, bot_id,
                  property_names, property_values, capacity, accepts_work, drained, seen_at,
                  expires_at)
                values (:name, :instance, :below, :bot, cast(:names as text[]),
                  cast(:values as text[]), :capacity, :accepts, :drained, :now, :expires)
                """)
            .param("name", name)
            .param("instance", session.instance().value())
            .param("below", session.offer().below())
            .param("bot", session.botId())
            .param("names", QueueRows.names(properties))
            .param("values", QueueRows.values(properties))
            .param("capacity", session.capacity())
            .param("accepts", session.acceptsWork())
            .param("drained", Drains.match(sql, session, now))
            .param("now", Database.at(now))
            .param("expires", Database.at(expiresAt))
            .update();
  }

  /** Locks a session, before any of what it has. */
  static void lock(JdbcClient sql, String session) {
    Optional<String> unused =
        sql.sql("select name from execution.sessions where name = :name for no key update")
            .param("name", session)
            .query(String.class)
            .optional();
  }

  static void delete(JdbcClient sql, String session) {
    int unused =
        sql.sql("delete from execution.sessions where name = :name")
            .param("name", session)
            .update();
  }

  /** A session whose bot has gone for good; the worker stays known for a while. */
  static void end(JdbcClient sql, String session, Instant now) {
    int unused =
        sql.sql(
                """
                update execution.sessions set ended_at = :now, accepts_work = false
                where name = :name
                """)
            .param("now", Database.at(now))
            .param("name", session)
            .update();
  }

  /** Those of the sessions that can be given work, and how much room they have. */
  static List<FreeBot> free(JdbcClient sql, Collection<String> sessions, Queues queues) {
    return free(sql, ready(sql, sessions, ""), queues);
  }

  /** The same, locked; what others gave a bot meanwhile is seen, as that is counted afterwards. */
  static List<FreeBot> lockFree(JdbcClient sql, Collection<String> sessions, Queues queues) {
    return free(
        sql, ready(sql, sessions, " order by name collate \"C\" for no key update"), queues);
  }

  /** A session that takes work. */
  private record Ready(String name, Offer offer, int capacity) {}

  private static List<Ready> ready(JdbcClient sql, Collection<String> sessions, String lock) {
    return sql.sql(
            """
            select * from execution.sessions
            where name = any(cast(:names as text[])) and accepts_work and not drained
              and ended_at is null
            """
                + lock)
        .param("names", sessions.toArray(String[]::new))
        .query((row, n) ->
            new Ready(row.getString("name"), QueueRows.offer(row), row.getInt("capacity")))
        .list();
  }

  private static List<FreeBot> free(JdbcClient sql, List<Ready> ready, Queues queues) {
    Map<String, List<Long>> held = new HashMap<>();
    sql.sql(
            """
            select l.session, t.queue from execution.leases l join execution.tasks t on t.id = l.task
            where l.session = any(cast(:names as text[]))
            """)
        .param("names", ready.stream().map(Ready::name).toArray(String[]::new))
        .query(row -> {
          held.computeIfAbsent(row.getString("session"), session -> new ArrayList<>())
              .add(row.getLong("queue"));
        });
    return ready.stream()
        .map(bot -> free(sql, bot, held.getOrDefault(bot.name(), List.of()), queues))
        .filter(bot -> bot.free() > 0)
        .toList();
  }

  /**
   * @param held the queues that its leases came from
   */
  private static FreeBot free(JdbcClient sql, Ready bot, List<Long> held, Queues queues) {
    Resources taken =
        held.stream()
            .map(queue -> queues.get(sql, queue).resources())
            .reduce(Resources.NONE, Resources::plus);
    return new FreeBot(bot.name(), bot.offer(), bot.capacity() - held.size(), taken);
  }
}
