package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import com.google.rpc.Code;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent.AttemptFailed;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationEvent.HandedBack;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.store.TaskRows.Change;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** How leases end, each together with its task's transition. */
final class LeaseRows {

  private LeaseRows() {}

  /** Why an attempt came to nothing, and the status to give up with. */
  record Problem(Code code, String message) {}

  /** The task that a lease is for, locked; nothing if the lease is gone or cancelled. */
  static Optional<Task> lockTaskOf(JdbcClient sql, UUID lease, String session) {
    Held held = new Held(lease, session);
    return Optional.ofNullable(lockTasksOf(sql, List.of(held)).get(held));
  }

  /** A lease as a bot names it: nobody but its session speaks for it. */
  record Held(UUID lease, String session) {}

  /** The tasks that leases are for; without those that are gone or cancelled. */
  static Map<Held, Task> tasksOf(JdbcClient sql, Collection<Held> leases) {
    return tasksOf(sql, leases, "");
  }

  /** The same, locked. */
  static Map<Held, Task> lockTasksOf(JdbcClient sql, Collection<Held> leases) {
    return tasksOf(sql, leases, " for no key update of t");
  }

  private static Map<Held, Task> tasksOf(JdbcClient sql, Collection<Held> leases, String lock) {
    Columns<Held> columns = new Columns<>(leases);
    Map<Held, Task> found = new HashMap<>();
    sql.sql(
            "select l.id as held, l.session as holder, "
                + TaskRows.COLUMNS
                + """
                 from execution.tasks t join execution.leases l on l.task = t.id
                where (l.id, l.session) in
                    (select * from unnest(cast(:lease as uuid[]), cast(:session as text[])))
                  and l.state <> 'CANCELLED'
                order by t.id
                """
                + lock)
        .param("lease", columns.texts(held -> held.lease().toString()))
        .param("session", columns.texts(Held::session))
        .query(row -> {
          Task task = TaskRows.read(row);
          // The lease may have ended while its task was waited for.
          UUID held = row.getObject("held", UUID.class);
          if (task.state().leases().contains(held)) {
            found.put(new Held(held, row.getString("holder")), task);
          }
        });
    return found;
  }

  static void finish(JdbcClient sql, Task task, UUID lease, ExecuteResponse response, Instant now) {
    finish(sql, List.of(new Change(task, new Finished(lease, response))), List.of(lease), now);
  }

  /** Ends leases with the outcome of their locked tasks. */
  static void finish(JdbcClient sql, List<Change> outcomes, List<UUID> leases, Instant now) {
    delete(sql, leases);
    List<OperationState> unused = TaskRows.apply(sql, outcomes, now);
    List<UUID> raced =
        outcomes.stream()
            .map(Change::task)
            .filter(task -> task.state() instanceof Racing)
            .map(Task::id)
            .toList();
    if (!raced.isEmpty()) {
      cancel(sql, raced);
    }
  }

  /** The other bot goes on, or it is queued for another attempt unless there were enough. */
  static void fail(
      JdbcClient sql,
      Task found,
      UUID lease,
      Problem problem,
      AttemptPolicy attempts,
      Instant now) {
    Task task = found;
    if (task.state() instanceof Racing) {
      // The other bot may have failed since, in this very transaction.
      task = TaskRows.lock(sql, found.id()).orElseThrow();
    }
    if (attempts.givesUp(task.state())) {
      String message = attempts.givenUp(task.state().attempts(), problem.message());
      finish(sql, task, lease, Endings.failed(problem.code(), message), now);
    } else {
      avoidSessionOf(sql, lease);
      delete(sql, lease);
      OperationState unused = TaskRows.apply(sql, task, new AttemptFailed(lease), now);
    }
  }

  static void handBack(JdbcClient sql, Task task, UUID lease, Instant now) {
    delete(sql, lease);
    OperationState unused = TaskRows.apply(sql, task, new HandedBack(lease), now);
  }

  /** Ends locked tasks from outside; a bot that has one is told and keeps its slot till then. */
  static void stop(JdbcClient sql, List<Task> tasks, ExecuteResponse response, Instant now) {
    if (tasks.isEmpty()) {
      return;
    }
    List<OperationState> unused =
        TaskRows.apply(
            sql, tasks.stream().map(task -> new Change(task, new Stopped(response))).toList(), now);
    cancel(sql, tasks.stream().map(Task::id).toList());
  }

  /** Has one of two bots stop what took it too long; the other one goes on. */
  static void withdraw(JdbcClient sql, Task task, UUID lease, Instant now) {
    avoidSessionOf(sql, lease);
    OperationState unused = TaskRows.apply(sql, task, new AttemptFailed(lease), now);
    cancel(sql, "id", List.of(lease));
  }

  /** Has bots stop what they still have of tasks. */
  private static void cancel(JdbcClient sql, List<UUID> tasks) {
    cancel(sql, "task", tasks);
  }

  private static void cancel(JdbcClient sql, String column, List<UUID> ids) {
    List<String> sessions =
        sql.sql(
                "update execution.leases set state = 'CANCELLED' where "
                    + column
                    + " = any(cast(:ids as uuid[])) and state <> 'CANCELLED' returning session")
            .param("ids", new Columns<>(ids).texts(UUID::toString))
            .query((row, n) -> Changes.session(row.getString("session")))
            .list();
    Database.announce(sql, sessions);
  }

  static void delete(JdbcClient sql, UUID lease) {
    delete(sql, List.of(lease));
  }

  private static void delete(JdbcClient sql, List<UUID> leases) {
    int unused =
        sql.sql("delete from execution.leases where id = any(cast(:ids as uuid[]))")
            .param("ids", new Columns<>(leases).texts(UUID::toString))
            .update();
  }

  /** Bots are done with leases that were to be stopped. */
  static void dropStopped(JdbcClient sql, Collection<Held> leases) {
    Columns<Held> columns = new Columns<>(leases);
    int unused =
        sql.sql(
                """
                with these as materialized (
                  select id from execution.leases
                  where state = 'CANCELLED' and (id, session) in
                    (select * from unnest(cast(:lease as uuid[]), cast(:session as text[])))
                  for update skip locked)
                delete from execution.leases l using these where l.id = these.id
                """)
            .param("lease", columns.texts(held -> held.lease().toString()))
            .param("session", columns.texts(Held::session))
            .update();
  }

  private static void avoidSessionOf(JdbcClient sql, UUID lease) {
    int unused =
        sql.sql(
                """
                update execution.tasks t set avoided_session = l.session
                from execution.leases l where l.id = :lease and t.id = l.task
                """)
            .param("lease", lease)
            .update();
  }
}
