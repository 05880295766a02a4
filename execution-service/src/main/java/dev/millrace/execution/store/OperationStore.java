package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.database.Together;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.Digest;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.store.SubmissionRows.Join;
import dev.millrace.execution.store.SubmissionRows.NewOperation;
import dev.millrace.execution.store.SubmissionRows.Row;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** The most callers that one transaction serves. */
  private static final int MOST_AT_ONCE = 200;

  private final Database database;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final Duration grace;
  private final Queues queues;
  private final Together<Join, Optional<Entered>> joins;
  private final Together<Order, Entered> submissions;
  private final Together<OperationName, Optional<OperationSnapshot>> looks;
  private final Together<OperationName, Optional<OperationSnapshot>> steps;

  /**
   * @param grace how long an operation lives on with nobody who follows it
   */
  public OperationStore(Database database, Clock clock, Supplier<UUID> ids, Duration grace) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.grace = grace;
    queues = new Queues(database);
    joins = new Together<>(MOST_AT_ONCE, this::join);
    submissions = new Together<>(MOST_AT_ONCE, this::submit);
    looks = new Together<>(MOST_AT_ONCE, this::look);
    steps = new Together<>(MOST_AT_ONCE, this::step);
  }

  /** Joins an equal action in flight that may be shared. */
  public Optional<Entered> join(InstanceName instance, Digest action, InliningWishes wishes) {
    return joins.ask(new Join(instance, action, wishes));
  }

  private List<Optional<Entered>> join(List<Join> wishes) {
    return database.transaction(sql -> {
      List<Optional<UUID>> runs = SubmissionRows.find(sql, wishes);
      List<NewOperation> entered = new ArrayList<>();
      List<Optional<Entered>> names = new ArrayList<>();
      for (int i = 0; i < wishes.size(); i++) {
        Join wish = wishes.get(i);
        names.add(
            runs.get(i)
                .map(run -> {
                  OperationName name = new OperationName(wish.instance(), ids.get());
                  entered.add(new NewOperation(name, run, wish.wishes()));
                  return new Entered(name, run);
                }));
      }
      if (!entered.isEmpty()) {
        enter(sql, entered);
        // Whoever gives out work passes over what is locked here.
        Database.announce(sql, Changes.QUEUE);
      }
      return names;
    });
  }

  /** Queues an action, or joins an equal one that was queued meanwhile. */
  public Entered submit(Submission submission, InliningWishes wishes) {
    long queue = queues.id(submission.instance(), submission.requirements());
    return submissions.ask(new Order(new Row(submission, queue), wishes));
  }

  /** One caller's action, and what the caller wants to have of its result. */
  private record Order(Row row, InliningWishes wishes) {}

  private List<Entered> submit(List<Order> orders) {
    return database.transaction(sql -> {
      List<UUID> runs =
          SubmissionRows.queue(sql, orders.stream().map(Order::row).toList(), ids, clock.instant());
      List<NewOperation> entered = new ArrayList<>();
      for (int i = 0; i < orders.size(); i++) {
        Order order = orders.get(i);
        OperationName name = new OperationName(order.row().action().instance(), ids.get());
        entered.add(new NewOperation(name, runs.get(i), order.wishes()));
      }
      enter(sql, entered);
      Database.announce(sql, Changes.QUEUE);
      return entered.stream().map(one -> new Entered(one.name(), one.task())).toList();
    });
  }

  /** Keeps the name of an operation that was over before it began, so that it can be asked for. */
  public Entered remember(
      Submission submission, ExecuteResponse response, InliningWishes wishes) {
    long queue = queues.id(submission.instance(), submission.requirements());
    Row row = new Row(submission.alone(), queue);
    OperationName name = new OperationName(submission.instance(), ids.get());
    return database.transaction(sql -> {
      UUID run = SubmissionRows.queue(sql, List.of(row), ids, clock.instant()).getFirst();
      Task accepted = TaskRows.lock(sql, run).orElseThrow();
      OperationState unused = TaskRows.apply(sql, accepted, new Stopped(response), clock.instant());
      enter(sql, List.of(new NewOperation(name, run, wishes)));
      return new Entered(name, run);
    });
  }

  private void enter(JdbcClient sql, List<NewOperation> operations) {
    Instant now = clock.instant();
    SubmissionRows.enter(sql, operations, now, now.plus(grace));
  }

  /**
   * An operation as it stands.
   *
   * @throws Failure.NotFound if there is none of that name, or no more
   */
  public OperationSnapshot get(OperationName name) {
    return found(name, looks.ask(name));
  }

  /**
   * The same, which counts as a sign that somebody follows it: repeated at least every quarter of
   * the grace time, it keeps the operation alive.
   */
  public OperationSnapshot follow(OperationName name) {
    return found(name, steps.ask(name));
  }

  private static OperationSnapshot found(OperationName name, Optional<OperationSnapshot> snapshot) {
    return snapshot.orElseThrow(
        () -> new Failure.NotFound("there is no operation '" + name + "', or no longer"));
  }

  private List<Optional<OperationSnapshot>> look(List<OperationName> names) {
    return database.read(sql -> look(sql, names));
  }

  private List<Optional<OperationSnapshot>> step(List<OperationName> names) {
    return database.transaction(sql -> {
      // Written only when it is about time: every step of every follower comes by here.
      watchUntil(sql, names, clock.instant().plus(grace.multipliedBy(3).dividedBy(4)));
      return look(sql, names);
    });
  }

  private static List<Optional<OperationSnapshot>> look(JdbcClient sql, List<OperationName> names) {
    Map<OperationName, OperationSnapshot> found = new HashMap<>();
    sql.sql(SELECT + " where o.id = any(cast(:ids as uuid[])) and o.deleted_at is null")
        .param("ids", ids(names))
        .query(row -> {
          OperationSnapshot snapshot = read(row);
          found.put(snapshot.name(), snapshot);
        });
    return names.stream().map(name -> Optional.ofNullable(found.get(name))).toList();
  }

  private static String[] ids(List<OperationName> names) {
    return names.stream().map(name -> name.id().toString()).toArray(String[]::new);
  }

  /** Somebody ceased to follow an operation: the grace time begins, unless others do. */
  public void leave(OperationName name) {
    database.run(sql -> watchUntil(sql, List.of(name), clock.instant().plus(grace)));
  }

  /** Makes sure that operations count as watched for so long; more is given if less is left. */
  private void watchUntil(JdbcClient sql, List<OperationName> names, Instant atLeast) {
    int unused =
        sql.sql(
                """
                update execution.operations set watched_until = :until
                where id = any(cast(:ids as uuid[])) and watched_until < :least
                """)
            .param("until", Database.at(clock.instant().plus(grace)))
            .param("least", Database.at(atLeast))
            .param("ids", ids(names))
            .update();
  }

  /** What the action of an operation asks for. */
  public Requirements requirements(Task task) {
    return queues.get(task.queue()).requirements();
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
      OperationSnapshot seen = found(name, look(sql, List.of(name)).getFirst());
      Task task = TaskRows.lock(sql, seen.task().id()).orElseThrow();
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
      OperationSnapshot unused = found(name, look(sql, List.of(name)).getFirst());
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
