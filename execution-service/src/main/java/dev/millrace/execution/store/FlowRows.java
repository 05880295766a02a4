package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.FlowState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The flows of queued actions, found without a look at all of the actions. */
final class FlowRows {

  /** Of what runs it does not matter what it asked for. */
  private static final long NO_QUEUE = -1;

  private FlowRows() {}

  /** An action that waits, locked. */
  record Waiting(Task task, Flow flow, int priority, String avoidedSession) {}

  /**
   * The flows in which anything waits.
   *
   * @param most how many of a flow's actions are counted
   */
  static List<FlowState> waiting(JdbcClient sql, int most) {
    return sql.sql(
            """
            with recursive flows as (
              (select queue, team, team_user, invocation, priority from execution.tasks
               where stage = 'QUEUED'
               order by queue, team, team_user, invocation, priority limit 1)
              union all
              select next.* from flows f cross join lateral (
                select queue, team, team_user, invocation, priority from execution.tasks
                where stage = 'QUEUED'
                  and (queue, team, team_user, invocation, priority)
                    > (f.queue, f.team, f.team_user, f.invocation, f.priority)
                order by queue, team, team_user, invocation, priority limit 1) next)
            select f.*, w.queued, w.oldest from flows f cross join lateral (
              select count(*) as queued, min(queued_at) as oldest from (
                select t.queued_at from execution.tasks t
                where t.stage = 'QUEUED' and t.queue = f.queue and t.team = f.team
                  and t.team_user = f.team_user and t.invocation = f.invocation
                  and t.priority = f.priority
                order by t.queued_at limit :most) first) w
            where w.queued > 0
            """)
        .param("most", most)
        .query((row, n) ->
            new FlowState(
                new Flow(
                    row.getLong("queue"),
                    row.getString("team"),
                    row.getString("team_user"),
                    row.getString("invocation"),
                    row.getInt("priority")),
                row.getInt("queued"),
                0,
                TaskRows.instant(row, "oldest")))
        .list();
  }

  /** What is with bots, of everybody. */
  static List<FlowState> running(JdbcClient sql) {
    return sql.sql(
            """
            select team, team_user, invocation, count(*) as running, max(created_at) as served
            from execution.leases
            where state <> 'CANCELLED' group by team, team_user, invocation
            """)
        .query((row, n) ->
            new FlowState(
                new Flow(
                    NO_QUEUE,
                    row.getString("team"),
                    row.getString("team_user"),
                    row.getString("invocation"),
                    0),
                0,
                row.getInt("running"),
                Instant.EPOCH,
                TaskRows.instant(row, "served")))
        .list();
  }

  /**
   * Locks the oldest actions of flows that nobody else has locked; returns them in the order of the
   * places that the flows were given.
   *
   * @param places a flow for each place
   */
  static List<Waiting> lockOldest(JdbcClient sql, List<Flow> places) {
    Map<Flow, Integer> wanted = new LinkedHashMap<>();
    places.forEach(flow -> wanted.merge(flow, 1, Integer::sum));
    Map<Flow, List<Waiting>> locked = lock(sql, wanted);
    Map<Flow, Integer> taken = new HashMap<>();
    List<Waiting> inOrder = new ArrayList<>();
    for (Flow flow : places) {
      List<Waiting> own = locked.getOrDefault(flow, List.of());
      int next = taken.merge(flow, 1, Integer::sum) - 1;
      if (next < own.size()) {
        inOrder.add(own.get(next));
      }
    }
    return inOrder;
  }

  private static Map<Flow, List<Waiting>> lock(JdbcClient sql, Map<Flow, Integer> wanted) {
    List<Flow> flows = List.copyOf(wanted.keySet());
    Columns<Flow> columns = new Columns<>(flows);
    Map<Flow, List<Waiting>> locked = new HashMap<>();
    sql.sql(
            "select r.place, t.priority, coalesce(t.avoided_session, '') as avoided, "
                + TaskRows.COLUMNS
                + """
                 from unnest(cast(:queue as bigint[]), cast(:team as text[]), cast(:user as text[]),
                    cast(:invocation as text[]), cast(:priority as integer[]),
                    cast(:wanted as integer[])) with ordinality
                  as r(queue, team, team_user, invocation, priority, wanted, place)
                cross join lateral (
                  select * from execution.tasks
                  where stage = 'QUEUED' and queue = r.queue and team = r.team
                    and team_user = r.team_user and invocation = r.invocation
                    and priority = r.priority
                  order by queued_at, id limit r.wanted for update skip locked) t
                order by r.place, t.queued_at, t.id
                """)
        .param("queue", columns.longs(Flow::queue))
        .param("team", columns.texts(Flow::team))
        .param("user", columns.texts(Flow::user))
        .param("invocation", columns.texts(Flow::invocation))
        .param("priority", columns.ints(Flow::priority))
        .param("wanted", wanted.values().stream().mapToInt(Integer::intValue).toArray())
        .query(row -> {
          Flow flow = flows.get(row.getInt("place") - 1);
          locked
              .computeIfAbsent(flow, key -> new ArrayList<>())
              .add(
                  new Waiting(
                      TaskRows.read(row), flow, row.getInt("priority"), row.getString("avoided")));
        });
    return locked;
  }

  /** The queues that flows wait in. */
  static Collection<Long> queues(Collection<FlowState> flows) {
    return flows.stream().map(state -> state.flow().queue()).distinct().toList();
  }
}
