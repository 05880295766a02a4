package dev.millrace.execution.store;

import dev.millrace.execution.admin.Drain;
import dev.millrace.execution.admin.WorkerPattern;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Orders that workers get nothing new. Whether a session is drained is kept in its row, so that
 * giving out work costs nothing more: once {@link #begin} has returned, no replica gives a lease to
 * any worker that matches, be its session open already or yet to come.
 */
public final class Drains {

  private final Database database;
  private final Clock clock;

  public Drains(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** All that are in force. */
  public List<Drain> all() {
    return database.transaction(sql -> inForce(sql, clock.instant()));
  }

  private static List<Drain> inForce(JdbcClient sql, Instant now) {
    return sql.sql(
            """
            select * from execution.drains where expires_at is null or expires_at > :now
            order by begun_at, instance, bot, property
            """)
        .param("now", Database.at(now))
        .query((row, n) -> read(row))
        .list();
  }

  private static Drain read(ResultSet row) throws SQLException {
    return new Drain(
        new WorkerPattern(
            row.getString("instance"), row.getString("bot"), row.getString("property")),
        row.getString("begun_by"),
        row.getString("reason"),
        TaskRows.instant(row, "begun_at"),
        Optional.ofNullable(row.getObject("expires_at", OffsetDateTime.class))
            .map(OffsetDateTime::toInstant));
  }

  /**
   * Begins to drain the workers that match; a drain of the same pattern is replaced.
   *
   * @param lasting after what time it ends by itself, if ever
   */
  public void begin(WorkerPattern workers, String by, String reason, Optional<Duration> lasting) {
    Instant now = clock.instant();
    change(sql -> {
      int unused =
          sql.sql(
                  """
                  insert into execution.drains (instance, bot, property, begun_by, reason, begun_at,
                    expires_at)
                  values (:instance, :bot, :property, :by, :reason, :now, :until)
                  on conflict (instance, bot, property) do update
                    set begun_by = excluded.begun_by, reason = excluded.reason,
                        begun_at = excluded.begun_at, expires_at = excluded.expires_at
                  """)
              .param("instance", workers.instance())
              .param("bot", workers.bot())
              .param("property", workers.property())
              .param("by", by)
              .param("reason", reason)
              .param("now", Database.at(now))
              .param(
                  "until",
                  lasting.map(now::plus).map(Database::at).orElse(null),
                  Types.TIMESTAMP_WITH_TIMEZONE)
              .update();
      return true;
    });
  }

  /** Ends the drain of just this pattern; false if there is none. */
  public boolean end(WorkerPattern workers) {
    return change(sql ->
        sql.sql(
                    """
                    delete from execution.drains
                    where instance = :instance and bot = :bot and property = :property
                    """)
                .param("instance", workers.instance())
                .param("bot", workers.bot())
                .param("property", workers.property())
                .update()
            > 0);
  }

  /** Ends drains whose time is over. */
  public void endExpired() {
    changeIf(sql ->
        sql.sql("select exists (select 1 from execution.drains where expires_at <= :now)")
            .param("now", Database.at(clock.instant()))
            .query(Boolean.class)
            .single());
  }

  /** Looks again at all workers: some may say new things of themselves. */
  public void review() {
    changeIf(sql ->
        sql.sql(
                """
                select exists (select 1 from execution.drains)
                  or exists (select 1 from execution.sessions where drained)
                """)
            .query(Boolean.class)
            .single());
  }

  /** Has all marks looked at if there is need, which is asked for without a lock. */
  private void changeIf(Change due) {
    if (database.transaction(due::apply)) {
      boolean unused = change(sql -> true);
    }
  }

  private interface Change {
    boolean apply(JdbcClient sql);
  }

  private boolean change(Change change) {
    return database.transaction(sql -> {
      lock(sql, "pg_advisory_xact_lock");
      boolean changed = change.apply(sql);
      forgetExpired(sql);
      mark(sql);
      return changed;
    });
  }

  private static void lock(JdbcClient sql, String function) {
    String unused =
        sql.sql("select %s(hashtextextended('execution.drains', 0))::text".formatted(function))
            .query(String.class)
            .single();
  }

  private void forgetExpired(JdbcClient sql) {
    int unused =
        sql.sql("delete from execution.drains where expires_at <= :now")
            .param("now", Database.at(clock.instant()))
            .update();
  }

  /** Brings the marks of all sessions up to date; waits for those that are being given work. */
  private void mark(JdbcClient sql) {
    List<Drain> drains = inForce(sql, clock.instant());
    List<String> wrong = new ArrayList<>();
    sql.sql("select * from execution.sessions where ended_at is null")
        .query(row -> {
          if (row.getBoolean("drained") != matches(drains, SessionRows.read(row))) {
            wrong.add(row.getString("name"));
          }
        });
    if (wrong.isEmpty()) {
      return;
    }
    int unused =
        sql.sql(
                """
                with these as (
                  select name from execution.sessions where name = any(cast(:names as text[]))
                  order by name collate "C" for no key update)
                update execution.sessions s set drained = not drained
                from these where s.name = these.name
                """)
            .param("names", wrong.toArray(String[]::new))
            .update();
    // Who is resumed may have been waited for.
    Database.announce(sql, wrong.stream().map(Changes::session).toList());
  }

  private static boolean matches(List<Drain> drains, BotSession session) {
    return drains.stream()
        .map(Drain::workers)
        .anyMatch(p -> p.matches(session.instance(), session.botId(), session.offer()));
  }

  /** Holds up changes of drains until the transaction ends: taken before any row's lock. */
  static void hold(JdbcClient sql) {
    lock(sql, "pg_advisory_xact_lock_shared");
  }

  /** Whether a session that is about to be opened is drained; under {@link #hold}. */
  static boolean match(JdbcClient sql, BotSession session, Instant now) {
    return matches(inForce(sql, now), session);
  }
}
