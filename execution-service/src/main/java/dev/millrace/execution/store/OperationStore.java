package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.Digest;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What callers know of: operations, each of which stands for a run of an action, alone or with
 * others. An operation that nobody follows for the grace time is given up; the run ends with its
 * last operation.
 */
public final class OperationStore {

  private static final String SELECT =
      "select o.id as operation_id, o.instance as operation_instance, o.created_at,"
          + " o.cancelled_at, o.inline_stdout, o.inline_stderr, o.inline_output_files, "
          + TaskRows.COLUMNS
          + " from execution.operations o join execution.tasks t on t.id = o.task ";

  private final Database database;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final Duration grace;

  /**
   * @param grace how long an operation lives on with nobody who follows it
   */
  public OperationStore(Database database, Clock clock, Supplier<UUID> ids, Duration grace) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.grace = grace;
  }

  /** Joins an equal action in flight that may be shared. */
  public Optional<OperationName> join(InstanceName instance, Digest action, InliningWishes wishes) {
    return database.transaction(sql -> {
      Optional<UUID> task =
          sql.sql(
                  """
                  select id from execution.tasks
                  where instance = :instance and digest_function = :function
                    and action_hash = :hash and action_size = :size
                    and mergeable and stage <> 'COMPLETED'
                  for update
                  """)
              .param("instance", instance.value())
              .param("function", action.function().number())
              .param("hash", action.hash())
              .param("size", action.sizeBytes())
              .query(UUID.class)
              .optional();
      // Whoever gives out work passes over what is locked here.
      task.ifPresent(id -> Database.announce(sql, Changes.QUEUE));
      return task.map(id -> name(sql, instance, id, wishes));
    });
  }

  /** Queues an action, or joins an equal one that was queued meanwhile. */
  public OperationName submit(Submission submission, InliningWishes wishes) {
    return database.transaction(sql -> {
      UUID task = insert(sql, submission, ids.get());
      Database.announce(sql, Changes.QUEUE);
      return name(sql, submission.instance(), task, wishes);
    });
  }

  /** Keeps the name of an operation that was over before it began, so that it can be asked for. */
  public OperationName remember(
      Submission submission, ExecuteResponse response, InliningWishes wishes) {
    return database.transaction(sql -> {
      UUID task = insert(sql, submission.alone(), ids.get());
      Task accepted = TaskRows.lock(sql, task).orElseThrow();
      OperationState unused = TaskRows.apply(sql, accepted, new Stopped(response), clock.instant());
      return name(sql, submission.instance(), task, wishes);
    });
  }

  private UUID insert(JdbcClient sql, Submission submission, UUID id) {
    long queue = QueueRows.intern(sql, submission.instance(), submission.requirements());
    return sql.sql(
            """
            insert into execution.tasks (id, queue, instance, digest_function, action_hash,
              action_size, action, mergeable, do_not_cache, priority, timeout_millis, tool, invocation,
              target, mnemonic, stage, attempts, queued_at)
            values (:id, :queue, :instance, :function, :hash, :size, :action, :mergeable, :doNotCache,
              :priority, :timeout, :tool, :invocation, :target, :mnemonic, 'QUEUED', 0, :now)
            on conflict (instance, digest_function, action_hash, action_size)
              where mergeable and stage <> 'COMPLETED'
              do update set priority = least(tasks.priority, excluded.priority)
            returning id
            """)
        .param("id", id)
        .param("queue", queue)
        .param("instance", submission.instance().value())
        .param("function", submission.digest().function().number())
        .param("hash", submission.digest().hash())
        .param("size", submission.digest().sizeBytes())
        .param("action", submission.action().toByteArray())
        .param("mergeable", submission.mergeable())
        .param("doNotCache", submission.doNotCache())
        .param("priority", submission.priority())
        .param("timeout", submission.timeout().toMillis())
        .param("tool", submission.origin().tool())
        .param("invocation", submission.origin().invocation())
        .param("target", submission.origin().target())
        .param("mnemonic", submission.origin().mnemonic())
        .param("now", Database.at(clock.instant()))
        .query(UUID.class)
        .single();
  }

  private OperationName name(
      JdbcClient sql, InstanceName instance, UUID task, InliningWishes wishes) {
    UUID id = ids.get();
    Instant now = clock.instant();
    int unused =
        sql.sql(
                """
                insert into execution.operations (id, task, instance, created_at, watched_until,
                  inline_stdout, inline_stderr, inline_output_files)
                values (:id, :task, :instance, :now, :until, :stdout, :stderr,
                  cast(:files as text[]))
                """)
            .param("id", id)
            .param("task", task)
            .param("instance", instance.value())
            .param("now", Database.at(now))
            .param("until", Database.at(now.plus(grace)))
            .param("stdout", wishes.stdout())
            .param("stderr", wishes.stderr())
            .param("files", wishes.outputFiles().toArray(String[]::new))
            .update();
    return new OperationName(instance, id);
  }

  /**
   * An operation as it stands.
   *
   * @throws Failure.NotFound if there is none of that name, or no more
   */
  public OperationSnapshot get(OperationName name) {
    return database.transaction(sql -> get(sql, name));
  }

  /**
   * The same, which counts as a sign that somebody follows it: repeated at least every quarter of
   * the grace time, it keeps the operation alive.
   */
  public OperationSnapshot follow(OperationName name) {
    return database.transaction(sql -> {
      // Written only when it is about time: every step of every follower comes by here.
      watchUntil(sql, name, clock.instant().plus(grace.multipliedBy(3).dividedBy(4)));
      return get(sql, name);
    });
  }

  /** Somebody ceased to follow an operation: the grace time begins, unless others do. */
  public void leave(OperationName name) {
    database.run(sql -> watchUntil(sql, name, clock.instant().plus(grace)));
  }

  /** Makes sure that an operation counts as watched for so long; more is given if less is left. */
  private void watchUntil(JdbcClient sql, OperationName name, Instant atLeast) {
    int unused =
        sql.sql(
                """
                update execution.operations set watched_until = :until
                where id = :id and instance = :instance and watched_until < :least
                """)
            .param("until", Database.at(clock.instant().plus(grace)))
            .param("least", Database.at(atLeast))
            .param("id", name.id())
            .param("instance", name.instance().value())
            .update();
  }

  private static OperationSnapshot get(JdbcClient sql, OperationName name) {
    return sql.sql(SELECT + " where o.id = :id and o.instance = :instance and o.deleted_at is null")
        .param("id", name.id())
        .param("instance", name.instance().value())
        .query((row, n) -> read(row))
        .optional()
        .orElseThrow(
            () -> new Failure.NotFound("there is no operation '" + name + "', or no longer"));
  }

  /** What the action of an operation asks for. */
  public Requirements requirements(Task task) {
    return database.transaction(sql -> QueueRows.requirements(sql, task.queue()));
  }

  /** Where an operation is in a list. */
  public record Position(Instant createdAt, UUID id) {}

  /**
   * Operations of an instance, oldest first.
   *
   * @param after where the page before ended, or nothing
   * @param limit most that are returned
   */
  public List<OperationSnapshot> list(
      InstanceName instance, OperationFilter filter, Optional<Position> after, int limit) {
    return database.transaction(sql ->
        sql.sql(
                SELECT
                    + """
                     where o.instance = :instance and o.deleted_at is null
                      and (cast(:stage as text) is null or
                           case when o.cancelled_at is null then t.stage else 'COMPLETED' end
                           = :stage)
                      and (cast(:done as boolean) is null or
                           (o.cancelled_at is not null or t.stage = 'COMPLETED') = :done)
                      and (cast(:invocation as text) is null or t.invocation = :invocation)
                      and (cast(:hash as text) is null or t.action_hash = :hash)
                      and (cast(:id as uuid) is null or
                           (o.created_at, o.id) > (cast(:at as timestamptz), cast(:id as uuid)))
                    order by o.created_at, o.id limit :limit
                    """)
            .param("instance", instance.value())
            .param("stage", filter.stage().orElse(null), Types.VARCHAR)
            .param("done", filter.done().orElse(null), Types.BOOLEAN)
            .param("invocation", filter.invocation().orElse(null), Types.VARCHAR)
            .param("hash", filter.actionHash().orElse(null), Types.VARCHAR)
            .param("id", after.map(p -> p.id().toString()).orElse(null), Types.VARCHAR)
            .param(
                "at",
                after.map(p -> Database.at(p.createdAt())).orElse(null),
                Types.TIMESTAMP_WITH_TIMEZONE)
            .param("limit", limit)
            .query((row, n) -> read(row))
            .list());
  }

  /** Cancels one operation; the action itself only if no other operation waits for it. */
  public void cancel(OperationName name) {
    database.run(sql -> {
      Task task = TaskRows.lock(sql, get(sql, name).task().id()).orElseThrow();
      if (task.state() instanceof Completed) {
        return;
      }
      int cancelled =
          sql.sql(
                  """
                  update execution.operations set cancelled_at = :now
                  where id = :id and cancelled_at is null
                  """)
              .param("now", Database.at(clock.instant()))
              .param("id", name.id())
              .update();
      if (cancelled > 0) {
        Database.announce(sql, Changes.task(task.id()));
        stopIfUnwanted(sql, task, "cancelled on request");
      }
    });
  }

  private void stopIfUnwanted(JdbcClient sql, Task task, String reason) {
    boolean wanted =
        sql.sql(
                """
                select exists (select 1 from execution.operations
                               where task = :task and cancelled_at is null)
                """)
            .param("task", task.id())
            .query(Boolean.class)
            .single();
    if (!wanted) {
      LeaseRows.stop(sql, task, Endings.cancelled(reason), clock.instant());
    }
  }

  /** Forgets an operation's name; if the action still runs, nobody follows it any more. */
  public void delete(OperationName name) {
    database.run(sql -> {
      OperationSnapshot unused = get(sql, name);
      int changed =
          sql.sql(
                  """
                  update execution.operations set deleted_at = :now, watched_until = :until
                  where id = :id
                  """)
              .param("now", Database.at(clock.instant()))
              .param("until", Database.at(clock.instant().plus(grace)))
              .param("id", name.id())
              .update();
    });
  }

  /** Ends the actions that nobody has followed for the grace time; returns how many. */
  public int stopUnwatched() {
    Instant now = clock.instant();
    List<UUID> unwatched =
        database.transaction(sql ->
            sql.sql(
                    """
                    select t.id from execution.tasks t
                    where t.stage <> 'COMPLETED' and not exists (
                      select 1 from execution.operations o
                      where o.task = t.id and o.cancelled_at is null
                        and o.watched_until > :now)
                    """)
                .param("now", Database.at(now))
                .query(UUID.class)
                .list());
    return (int) unwatched.stream().filter(task -> stopUnwatched(task, now)).count();
  }

  private boolean stopUnwatched(UUID id, Instant now) {
    return database.transaction(sql -> {
      Optional<Task> task = TaskRows.lock(sql, id).filter(t -> !(t.state() instanceof Completed));
      // Somebody may have come back, or joined, since it was found.
      boolean watched =
          sql.sql(
                  """
                  select exists (select 1 from execution.operations
                    where task = :task and cancelled_at is null and watched_until > :now)
                  """)
              .param("task", id)
              .param("now", Database.at(now))
              .query(Boolean.class)
              .single();
      if (task.isEmpty() || watched) {
        return false;
      }
      LeaseRows.stop(
          sql,
          task.get(),
          Endings.cancelled("nobody followed the operation any more"),
          clock.instant());
      return true;
    });
  }

  /** Forgets operations that have been over for long; returns how many runs that were. */
  public int forgetCompletedBefore(Instant moment) {
    return database.transaction(sql ->
        sql.sql(
                """
                delete from execution.tasks t
                where t.stage = 'COMPLETED' and t.completed_at < :moment
                  and not exists (select 1 from execution.leases l where l.task = t.id)
                """)
            .param("moment", Database.at(moment))
            .update());
  }

  private static OperationSnapshot read(ResultSet row) throws SQLException {
    Task task = TaskRows.read(row);
    boolean cancelled = row.getObject("cancelled_at") != null;
    OperationState state =
        cancelled && !(task.state() instanceof Completed)
            ? new Completed(task.state().attempts(), Endings.cancelled("cancelled on request"))
            : task.state();
    return new OperationSnapshot(
        new OperationName(
            new InstanceName(row.getString("operation_instance")),
            row.getObject("operation_id", UUID.class)),
        task,
        state,
        TaskRows.instant(row, "created_at"),
        new InliningWishes(
            row.getBoolean("inline_stdout"),
            row.getBoolean("inline_stderr"),
            Set.copyOf(Arrays.asList(QueueRows.strings(row.getArray("inline_output_files"))))));
  }
}
