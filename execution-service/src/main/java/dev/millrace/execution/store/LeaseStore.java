package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import com.google.rpc.Code;
import dev.millrace.database.Together;
import dev.millrace.database.Together.Bounds;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.scheduling.Turns;
import dev.millrace.execution.store.LeaseRows.Held;
import dev.millrace.execution.store.LeaseRows.Problem;
import dev.millrace.execution.store.TaskRows.Change;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Gives queued actions to bots and takes the outcome back. An attempt is counted in the transaction
 * that begins it. An action that {@link Hedges} gave to a second bot ends with the first outcome.
 */
public final class LeaseStore {

  /** The most leases that one transaction settles. */
  private static final int MOST_AT_ONCE = 200;

  private static final int MOST_REMEMBERED = 20_000;

  /** The most bytes of outcomes that one statement brings. */
  private static final long MOST_BYTES = 4 * 1024 * 1024;

  private final Database database;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final AttemptPolicy attempts;
  private final TimeoutPolicy timeouts;
  private final Duration expiry;
  private final FairShare shares;
  private final Queues queues;
  private final GivenTasks given = new GivenTasks(MOST_REMEMBERED);
  private final Turns turns = new Turns();
  private final Together<Held, Optional<Task>> tasks;
  private final Together<Outcome, Boolean> outcomes;

  /**
   * @param expiry how long a lease lasts without being reported
   * @param shares who is served first
   */
  public LeaseStore(
      Database database,
      Clock clock,
      Supplier<UUID> ids,
      AttemptPolicy attempts,
      TimeoutPolicy timeouts,
      Duration expiry,
      FairShare shares) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.attempts = attempts;
    this.timeouts = timeouts;
    this.expiry = expiry;
    this.shares = shares;
    queues = new Queues(database);
    tasks = new Together<>(MOST_AT_ONCE, this::tasksOf);
    outcomes =
        new Together<>(
            Bounds.<Outcome>most(MOST_AT_ONCE)
                .heaviest(MOST_BYTES, outcome -> outcome.response().getSerializedSize()),
            this::finish);
  }

  /**
   * Gives queued actions to bots that have room, in a fair order.
   *
   * @param waiting the bots, with as much room as they are known to have
   */
  public Given assign(Collection<FreeBot> waiting) {
    Given round =
        database.transaction(sql ->
            new Round(shares, turns, timeouts, expiry, ids, given, clock.instant())
                .run(sql, waiting, queues));
    turns.take(round.turns(), clock.instant());
    return round;
  }

  /** The same for bots by their sessions; returns who got any. */
  public Set<String> assignTo(Collection<String> sessions) {
    List<FreeBot> waiting = database.transaction(sql -> SessionRows.free(sql, sessions, queues));
    return assign(waiting).leases().keySet();
  }

  /** The action of a lease that its session holds, or held until lately. */
  public Optional<Task> taskOf(UUID lease, String session) {
    Held held = new Held(lease, session);
    return given.take(held).or(() -> tasks.ask(held));
  }

  private List<Optional<Task>> tasksOf(List<Held> leases) {
    return database.read(sql -> {
      Map<Held, Task> found = LeaseRows.tasksOf(sql, leases);
      return leases.stream().map(held -> Optional.ofNullable(found.get(held))).toList();
    });
  }

  /** Takes the outcome of a lease; nothing happens if it ended meanwhile. */
  public void finish(UUID lease, String session, ExecuteResponse response) {
    boolean unused = outcomes.ask(new Outcome(new Held(lease, session), response));
  }

  /** What a bot brings of a lease. */
  record Outcome(Held held, ExecuteResponse response) {}

  /** Tells of each whether it was still wanted. */
  List<Boolean> finish(List<Outcome> brought) {
    return database.transaction(sql -> {
      List<Held> leases = brought.stream().map(Outcome::held).toList();
      Map<Held, Task> wanted = LeaseRows.lockTasksOf(sql, leases);
      Map<UUID, Change> changes = new LinkedHashMap<>();
      Map<UUID, UUID> first = new HashMap<>();
      List<Boolean> taken = new ArrayList<>();
      for (Outcome outcome : brought) {
        UUID lease = outcome.held().lease();
        Task task = wanted.get(outcome.held());
        // Two bots that had the same may both be among them.
        if (task != null && first.computeIfAbsent(task.id(), id -> lease).equals(lease)) {
          Finished event = new Finished(lease, outcome.response());
          Change unused = changes.putIfAbsent(lease, new Change(task, event));
          taken.add(true);
        } else {
          taken.add(false);
        }
      }
      if (!changes.isEmpty()) {
        LeaseRows.finish(
            sql, List.copyOf(changes.values()), List.copyOf(changes.keySet()), clock.instant());
      }
      if (changes.size() < brought.size()) {
        LeaseRows.dropStopped(sql, leases);
      }
      return taken;
    });
  }

  /** Takes note that a bot is done with a lease whose outcome nobody wants any more. */
  public void drop(UUID lease, String session) {
    database.run(sql -> LeaseRows.dropStopped(sql, List.of(new Held(lease, session))));
  }

  /** Takes note that an attempt came to nothing; nothing happens if it ended meanwhile. */
  public void fail(UUID lease, String session, Code code, String problem) {
    database.run(sql -> {
      LeaseRows.lockTaskOf(sql, lease, session)
          .ifPresent(task ->
              LeaseRows.fail(
                  sql, task, lease, new Problem(code, problem), attempts, clock.instant()));
      LeaseRows.dropStopped(sql, List.of(new Held(lease, session)));
    });
  }

  /**
   * Ends the leases that were to be reported by then and were not; returns how many.
   *
   * @param by not later than all of them had the chance to
   */
  public int expire(Instant by) {
    return sweep(
        "expires_at <= :by",
        by,
        (sql, task, lease) ->
            LeaseRows.fail(
                sql,
                task,
                lease,
                new Problem(
                    Code.FAILED_PRECONDITION, "the worker was lost while it had the action"),
                attempts,
                clock.instant()));
  }

  /** Ends actions that bots held, by then, for longer than time-out and transfers allow. */
  public int endOverdue(Instant by) {
    return sweep(
        "overdue_at <= :by and state <> 'CANCELLED'",
        by,
        (sql, task, lease) -> {
          String problem =
              "the worker held the action for longer than its time-out of %s allows"
                  .formatted(task.timeout());
          if (task.state() instanceof Racing) {
            LeaseRows.withdraw(sql, task, lease, clock.instant());
          } else {
            ExecuteResponse response = Endings.failed(Code.DEADLINE_EXCEEDED, problem);
            LeaseRows.stop(sql, List.of(task), response, clock.instant());
          }
        });
  }

  private interface Ending {
    void apply(JdbcClient sql, Task task, UUID lease);
  }

  private record Found(UUID lease, String session) {}

  private int sweep(String condition, Instant by, Ending ending) {
    List<Found> found =
        database.transaction(sql ->
            sql.sql("select id, session from execution.leases where " + condition)
                .param("by", Database.at(by))
                .query((row, n) ->
                    new Found(row.getObject("id", UUID.class), row.getString("session")))
                .list());
    found.forEach(one -> database.run(sql -> end(sql, one, condition, by, ending)));
    return found.size();
  }

  private void end(JdbcClient sql, Found found, String condition, Instant by, Ending ending) {
    Optional<Task> task = LeaseRows.lockTaskOf(sql, found.lease(), found.session());
    // It may have been reported, or ended by another replica, since it was found.
    boolean still =
        sql.sql(
                "select exists (select 1 from execution.leases where id = :id and "
                    + condition
                    + ")")
            .param("id", found.lease())
            .param("by", Database.at(by))
            .query(Boolean.class)
            .single();
    if (still && task.isPresent()) {
      ending.apply(sql, task.get(), found.lease());
    } else if (still) {
      LeaseRows.delete(sql, found.lease());
    }
  }
}
