package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.database.Together;
import dev.millrace.database.Together.Bounds;
import dev.millrace.digest.Digest;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.store.SubmissionRows.Join;
import dev.millrace.execution.store.SubmissionRows.NewOperation;
import dev.millrace.execution.store.SubmissionRows.Row;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What callers know of: operations, each of which stands for a run of an action, alone or with
 * others. An operation that nobody follows for the grace time is given up; the run ends with its
 * last operation.
 */
public final class OperationStore {

  /** The most callers that one transaction serves. */
  private static final int MOST_AT_ONCE = 200;

  /** The most bytes of actions that one statement brings. */
  private static final long MOST_BYTES = 4 * 1024 * 1024;

  /** Of so many actions it is looked at once whether anybody follows them. */
  private static final int MOST_LOOKED_AT = 2_000;

  /** The most runs that are forgotten at once. */
  private static final int MOST_FORGOTTEN = 10_000;

  private final Database database;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final Duration grace;
  private final Queues queues;
  private final UnwatchedTasks unwatched;
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
    unwatched = new UnwatchedTasks(database, MOST_LOOKED_AT);
    joins = new Together<>(MOST_AT_ONCE, this::join);
    submissions =
        new Together<>(
            Bounds.<Order>most(MOST_AT_ONCE)
                .heaviest(MOST_BYTES, order -> order.row().action().action().getSerializedSize()),
            this::submit);
    looks = new Together<>(MOST_AT_ONCE, this::look);
    steps = new Together<>(MOST_AT_ONCE, this::step);
  }

  /**
   * Joins an equal action in flight that may be shared, which becomes as urgent as the most urgent
   * of those who wait for it.
   */
  public Optional<Entered> join(
      InstanceName instance, Digest action, int priority, InliningWishes wishes) {
    return joins.ask(new Join(instance, action, priority, wishes));
  }

  private List<Optional<Entered>> join(List<Join> wishes) {
    List<Caller> callers =
        wishes.stream().map(wish -> new Caller(wish.instance(), wish.wishes())).toList();
    return database.transaction(sql -> enter(sql, callers, SubmissionRows.find(sql, wishes)));
  }

  /** One who is to have an operation, and what is wanted of its result. */
  private record Caller(InstanceName instance, InliningWishes wishes) {}

  /** Enters operations of those callers for whom there are runs. */
  private List<Optional<Entered>> enter(
      JdbcClient sql, List<Caller> callers, List<Optional<UUID>> runs) {
    List<NewOperation> entered = new ArrayList<>();
    List<Optional<Entered>> names = new ArrayList<>();
    for (int i = 0; i < callers.size(); i++) {
      Caller caller = callers.get(i);
      OperationName name = new OperationName(caller.instance(), ids.get());
      runs.get(i).ifPresent(run -> entered.add(new NewOperation(name, run, caller.wishes())));
      names.add(runs.get(i).map(run -> new Entered(name, run)));
    }
    if (!entered.isEmpty()) {
      enter(sql, entered);
      // There is work; and whoever gives it out passes over what is locked here.
      Database.announce(sql, Changes.QUEUE);
    }
    return names;
  }

  /** Queues an action, or joins an equal one that was queued meanwhile. */
  public Entered submit(Submission submission, InliningWishes wishes) {
    return inQueue(submission, row -> submissions.ask(new Order(row, wishes)));
  }

  /** A failover may have lost the queue that was known: then another one is made. */
  private Entered inQueue(Submission submission, Function<Row, Entered> enter) {
    InstanceName instance = submission.instance();
    Requirements requirements = submission.requirements();
    try {
      return enter.apply(new Row(submission, queues.id(instance, requirements)));
    } catch (DataIntegrityViolationException lost) {
      queues.forget(instance, requirements);
      return enter.apply(new Row(submission, queues.id(instance, requirements)));
    }
  }

  /** One caller's action, and what the caller wants to have of its result. */
  private record Order(Row row, InliningWishes wishes) {}

  private List<Entered> submit(List<Order> orders) {
    Map<Integer, Entered> names = new TreeMap<>();
    while (names.size() < orders.size()) {
      List<Integer> left =
          IntStream.range(0, orders.size()).filter(i -> !names.containsKey(i)).boxed().toList();
      List<Optional<Entered>> entered =
          database.transaction(sql -> enqueue(sql, left.stream().map(orders::get).toList()));
      for (int i = 0; i < left.size(); i++) {
        int order = left.get(i);
        entered.get(i).ifPresent(name -> names.put(order, name));
      }
    }
    return List.copyOf(names.values());
  }

  /** Nothing for those that have to try again. */
  private List<Optional<Entered>> enqueue(JdbcClient sql, List<Order> orders) {
    List<Caller> callers =
        orders.stream()
            .map(order -> new Caller(order.row().action().instance(), order.wishes()))
            .toList();
    List<Row> rows = orders.stream().map(Order::row).toList();
    return enter(sql, callers, SubmissionRows.queue(sql, rows, ids, clock.instant()));
  }

  /** Keeps the name of an operation that was over before it began, so that it can be asked for. */
  public Entered remember(Submission submission, ExecuteResponse response, InliningWishes wishes) {
    return inQueue(submission.alone(), row -> remember(row, response, wishes));
  }

  private Entered remember(Row row, ExecuteResponse response, InliningWishes wishes) {
    OperationName name = new OperationName(row.action().instance(), ids.get());
    return database.transaction(sql -> {
      UUID run =
          SubmissionRows.queue(sql, List.of(row), ids, clock.instant()).getFirst().orElseThrow();
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
    return database.read(sql -> OperationRows.read(sql, names));
  }

  private List<Optional<OperationSnapshot>> step(List<OperationName> names) {
    return database.transaction(sql -> {
      // Written only when it is about time: every step of every follower comes by here.
      watchUntil(sql, names, clock.instant().plus(grace.multipliedBy(3).dividedBy(4)));
      return OperationRows.read(sql, names);
    });
  }

  /** Somebody ceased to follow an operation: the grace time begins, unless others do. */
  public void leave(OperationName name) {
    database.run(sql -> watchUntil(sql, List.of(name), clock.instant().plus(grace)));
  }

  /** Makes sure that operations count as watched for so long; more is given if less is left. */
  private void watchUntil(JdbcClient sql, List<OperationName> names, Instant atLeast) {
    OperationRows.watch(sql, names, clock.instant().plus(grace), atLeast);
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
    return database.transaction(sql -> OperationRows.list(sql, instance, filter, after, limit));
  }

  /** Cancels one operation; the action itself only if no other operation waits for it. */
  public void cancel(OperationName name) {
    database.run(sql -> {
      OperationSnapshot seen = found(name, OperationRows.read(sql, List.of(name)).getFirst());
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
        if (task.state() instanceof Queued) {
          // Whoever gives out work passes over what is locked here.
          Database.announce(sql, Changes.QUEUE);
        }
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
      LeaseRows.stop(sql, List.of(task), Endings.cancelled(reason), clock.instant());
    }
  }

  /** Forgets an operation's name; if the action still runs, nobody follows it any more. */
  public void delete(OperationName name) {
    database.run(sql -> {
      OperationSnapshot unused = found(name, OperationRows.read(sql, List.of(name)).getFirst());
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

  /** Ends actions that nobody has followed since; returns how many. */
  public int stopUnwatched(Instant since) {
    return unwatched.stop(since, clock.instant());
  }

  /** Forgets operations that have been over for long; returns how many runs that were. */
  public int forgetCompletedBefore(Instant moment) {
    return database.transaction(sql ->
        sql.sql(
                """
                with old as materialized (
                  select id from execution.tasks t
                  where t.stage = 'COMPLETED' and t.completed_at < :moment
                    and not exists (select 1 from execution.leases l where l.task = t.id)
                  order by t.completed_at limit :most for update skip locked)
                delete from execution.tasks t using old where t.id = old.id
                """)
            .param("moment", Database.at(moment))
            .param("most", MOST_FORGOTTEN)
            .update());
  }
}
