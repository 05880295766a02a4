package dev.millrace.execution.store;

import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.admin.WorkerStatus;
import dev.millrace.execution.admin.WorkerStatus.Occupation;
import dev.millrace.execution.admin.WorkerStatus.Presence;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.jdbc.core.simple.JdbcClient;

/** All workers that have a session, whichever replica they speak to. */
public final class Workforce {

  private final Database database;
  private final Clock clock;

  public Workforce(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Those that match, by instance and bot id, each with what it does. */
  public List<WorkerStatus> list(WorkerPattern pattern) {
    Instant now = clock.instant();
    return database.transaction(sql -> {
      Map<String, List<Occupation>> work = work(sql);
      List<WorkerStatus> workers = new ArrayList<>();
      sql.sql("select * from execution.sessions where ended_at is null order by instance, bot_id")
          .query(row -> {
            BotSession session = SessionRows.read(row);
            if (matches(pattern, session)) {
              workers.add(status(row, session, work, now));
            }
          });
      return workers;
    });
  }

  private static boolean matches(WorkerPattern pattern, BotSession session) {
    return pattern.matches(session.instance(), session.botId(), session.offer());
  }

  private static WorkerStatus status(
      ResultSet row, BotSession session, Map<String, List<Occupation>> work, Instant now)
      throws SQLException {
    String name = row.getString("name");
    return new WorkerStatus(
        name,
        session.botId(),
        TaskRows.instant(row, "expires_at").isAfter(now)
            ? session.acceptsWork() ? Presence.READY : Presence.NOT_READY
            : Presence.AWAY,
        row.getBoolean("drained"),
        session.capacity(),
        session.offer(),
        TaskRows.instant(row, "seen_at"),
        work.getOrDefault(name, List.of()));
  }

  private static Map<String, List<Occupation>> work(JdbcClient sql) {
    Map<String, List<Occupation>> work = new HashMap<>();
    sql.sql(
            """
            select l.session, l.state, l.created_at as leased_at, t.id, t.instance, t.action_hash,
              t.action_size, t.tool, t.invocation, t.target, t.mnemonic,
            """
                + LiveActions.OPERATIONS
                + """
                 from execution.leases l join execution.tasks t on t.id = l.task
                order by l.created_at, l.id
                """)
        .query(row -> {
          work.computeIfAbsent(row.getString("session"), session -> new ArrayList<>())
              .add(
                  new Occupation(
                      LiveActions.digest(row),
                      LiveActions.operations(row),
                      row.getString("state"),
                      TaskRows.instant(row, "leased_at"),
                      row.getString("tool"),
                      row.getString("invocation"),
                      row.getString("target"),
                      row.getString("mnemonic")));
        });
    return work;
  }

  /** Whether none of those that match has any work, be it to finish or to stop. */
  public boolean isIdle(WorkerPattern pattern) {
    return database.transaction(sql -> {
      AtomicBoolean busy = new AtomicBoolean();
      sql.sql(
              """
              select * from execution.sessions s
              where exists (select 1 from execution.leases l where l.session = s.name)
              """)
          .query(row -> {
            if (matches(pattern, SessionRows.read(row))) {
              busy.set(true);
            }
          });
      return !busy.get();
    });
  }
}
