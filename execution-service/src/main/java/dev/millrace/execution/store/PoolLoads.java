package dev.millrace.execution.store;

import dev.millrace.execution.admin.PoolLoad;
import java.time.Clock;
import java.util.List;

/** Counts what there is to do and who is there, of all pools in one statement. */
public final class PoolLoads {

  /** Names of pools are clients' to choose: of more than these, the busiest are told. */
  private static final int MOST_POOLS = 200;

  private final Database database;
  private final Clock clock;

  public PoolLoads(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Pools that workers are in or actions ask for. What is queued is counted in the index of what
   * is; what executes, from the leases: neither grows with what is over.
   */
  public List<PoolLoad> now() {
    return database.transaction(sql ->
        sql.sql(
                """
                with waiting as (
                  select queue, count(*) as queued from execution.tasks
                  where stage = 'QUEUED' group by queue),
                running as (
                  select t.queue, count(*) as executing, count(*) filter (where s.drained) as leaving
                  from execution.leases l
                    -- An action that two bots have is one.
                    join execution.tasks t on t.id = l.task and t.lease = l.id
                    join execution.sessions s on s.name = l.session
                  where l.state <> 'CANCELLED' group by t.queue),
                work as (
                  select coalesce(
                      nullif(q.property_values[array_position(q.property_names, 'pool')], ''),
                      'default') as pool,
                    sum(coalesce(queued, 0)) as queued, sum(coalesce(executing, 0)) as executing,
                    sum(coalesce(leaving, 0)) as leaving
                  from waiting full join running using (queue)
                    join execution.queues q on q.id = queue
                  group by 1),
                workers as (
                  select p.pool,
                    count(*) filter (where ended_at is null and expires_at > :now) as connected,
                    avg(capacity) filter (where capacity > 0) as slots
                  from execution.sessions,
                    lateral (
                      select distinct coalesce(nullif(value, ''), 'default') as pool
                      from unnest(property_names, property_values) as property (name, value)
                      where name = 'pool'
                      union all
                      select 'default' where not 'pool' = any(property_names)) p
                  group by p.pool)
                select pool, coalesce(queued, 0) as queued, coalesce(executing, 0) as executing,
                  coalesce(leaving, 0) as leaving, coalesce(connected, 0) as connected,
                  coalesce(slots, 1) as slots
                from work full join workers using (pool)
                order by coalesce(connected, 0) > 0 desc, queued + executing desc nulls last, pool
                limit :limit
                """)
            .param("now", Database.at(clock.instant()))
            .param("limit", MOST_POOLS)
            .query((row, n) ->
                new PoolLoad(
                    row.getString("pool"),
                    row.getLong("queued"),
                    row.getLong("executing"),
                    row.getLong("leaving"),
                    row.getLong("connected"),
                    row.getDouble("slots")))
            .list());
  }
}
