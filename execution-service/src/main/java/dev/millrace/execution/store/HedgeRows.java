package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.HedgePolicy.Run;
import dev.millrace.execution.scheduling.Hedging.Suspect;
import dev.millrace.execution.scheduling.QueuedAction;
import dev.millrace.execution.scheduling.TypicalDuration;
import dev.millrace.execution.store.QueueRows.Queue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Actions that run for long with a single bot, and what it takes to give them to a second one. */
final class HedgeRows {

  /** The most that are looked at; those that have run for longest come first. */
  private static final int MOST_SUSPECTS = 500;

  private HedgeRows() {}

  /**
   * Actions that several wait for and that one bot has had since before {@code since}, but for
   * those that were given to a second one before, and those of which nobody knows what they are
   * like.
   */
  static List<Suspect> suspects(JdbcClient sql, Instant since, Instant now, Queues queues) {
    List<Row> rows =
        sql.sql(
                """
                -- From what is with bots to what is waited for, and only then to the actions: of
                -- those there are many, and most of them are over.
                with held as materialized (
                  select l.id, l.task, l.session, l.created_at, w.waiters
                  from execution.leases l cross join lateral (
                    select count(*) as waiters from execution.operations o
                    where o.task = l.task and o.cancelled_at is null and o.deleted_at is null
                      and o.watched_until > :now) w
                  where l.created_at <= :since and l.state <> 'CANCELLED' and w.waiters > 1)
                select t.*, l.session, l.created_at, l.waiters, cast(array(
                    select extract(epoch from d.completed_at - d.leased_at) * 1000 from (
                      select * from execution.tasks
                      where stage = 'COMPLETED' and leased_at is not null
                        and mnemonic <> '' and target <> ''
                        and hashtextextended(instance || ' ' || mnemonic || ' ' || target, 0)
                          = t.likeness
                      order by completed_at desc limit :remembered) d
                    where d.instance = t.instance and d.mnemonic = t.mnemonic
                      and d.target = t.target) as bigint[]) as latest
                from held l cross join lateral (
                  select id, queue, priority, queued_at, team, instance, mnemonic, target,
                    coalesce(avoided_session, '') as avoided,
                    hashtextextended(instance || ' ' || mnemonic || ' ' || target, 0) as likeness
                  from execution.tasks
                  where id = l.task and lease = l.id and not hedged and mergeable
                    and mnemonic <> '' and target <> '' limit 1) t
                order by l.created_at, l.id limit :most
                """)
            .param("since", Database.at(since))
            .param("now", Database.at(now))
            .param("remembered", TypicalDuration.REMEMBERED)
            .param("most", MOST_SUSPECTS)
            .query((row, n) -> read(row, now))
            .list();
    return rows.stream().map(row -> row.suspect().apply(queues.get(sql, row.queue()))).toList();
  }

  /** What is known without its queue, and what is once that is looked up. */
  private record Row(long queue, Function<Queue, Suspect> suspect) {}

  private static Row read(ResultSet row, Instant now) throws SQLException {
    UUID id = row.getObject("id", UUID.class);
    int priority = row.getInt("priority");
    Instant queuedAt = TaskRows.instant(row, "queued_at");
    String avoided = row.getString("avoided");
    String team = row.getString("team");
    String session = row.getString("session");
    Duration runningFor = Duration.between(TaskRows.instant(row, "created_at"), now);
    Run run = new Run(row.getInt("waiters"), /* hedges= */ 0, runningFor);
    TypicalDuration typical = typical((Long[]) row.getArray("latest").getArray());
    return new Row(
        row.getLong("queue"),
        queue ->
            new Suspect(
                new QueuedAction(
                    id, queue.instance(), queue.requirements(), priority, queuedAt, avoided),
                team,
                session,
                run,
                typical));
  }

  /** Replicas' clocks may differ by more than an action took. */
  private static TypicalDuration typical(Long[] latestFirst) {
    return new TypicalDuration(
        Arrays.asList(latestFirst).reversed().stream()
            .map(millis -> Duration.ofMillis(Math.max(0, millis)))
            .toList());
  }

  /** Those of the actions that are still with nobody but the bot they were found with, locked. */
  static Map<UUID, Task> lock(JdbcClient sql, Collection<Suspect> suspects) {
    Columns<Suspect> columns = new Columns<>(suspects);
    Map<UUID, Task> locked = new HashMap<>();
    sql.sql(
            "select "
                + TaskRows.COLUMNS
                + """
                 from execution.tasks t
                where t.id = any(cast(:tasks as uuid[])) and not t.hedged
                  and exists (
                    select 1 from execution.leases l
                      join unnest(cast(:tasks as uuid[]), cast(:sessions as text[]))
                        as r(task, session) on r.task = l.task and r.session = l.session
                    where l.id = t.lease)
                order by t.id for no key update of t skip locked
                """)
        .param("tasks", columns.texts(suspect -> suspect.action().id().toString()))
        .param("sessions", columns.texts(Suspect::session))
        .query(row -> {
          Task task = TaskRows.read(row);
          locked.put(task.id(), task);
        });
    return locked;
  }

  /**
   * A second lease of an action.
   *
   * @param hold how long its bot may have it
   */
  record Hedge(UUID id, Task task, String session, Duration hold) {}

  static void enter(JdbcClient sql, List<Hedge> hedges, Instant now, Instant expires) {
    Columns<Hedge> columns = new Columns<>(hedges);
    int unused =
        sql.sql(
                """
                insert into execution.leases (id, task, session, team, team_user, invocation,
                  overdue_at, state, hedge, created_at, expires_at)
                select r.id, r.task, r.session, t.team, t.team_user, t.invocation,
                  cast(:now as timestamptz) + r.hold * interval '1 millisecond',
                  'PENDING', true, :now, :expires
                from unnest(cast(:id as uuid[]), cast(:task as uuid[]), cast(:session as text[]),
                    cast(:hold as bigint[])) as r(id, task, session, hold)
                  join execution.tasks t on t.id = r.task
                """)
            .param("id", columns.texts(hedge -> hedge.id().toString()))
            .param("task", columns.texts(hedge -> hedge.task().id().toString()))
            .param("session", columns.texts(Hedge::session))
            .param("hold", columns.longs(hedge -> hedge.hold().toMillis()))
            .param("now", Database.at(now))
            .param("expires", Database.at(expires))
            .update();
  }
}
