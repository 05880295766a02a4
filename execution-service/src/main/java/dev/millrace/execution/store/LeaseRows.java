package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import com.google.rpc.Code;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent.AttemptFailed;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationEvent.HandedBack;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.scheduling.AttemptPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * How leases end, each together with its task's transition. Locks are taken in one order
 * everywhere: sessions, then tasks, then leases.
 */
final class LeaseRows {

  private LeaseRows() {}

  /** Why an attempt came to nothing, and the status to give up with. */
  record Problem(Code code, String message) {}

  /** The task that a lease is for, locked; nothing if the lease is gone or cancelled. */
  static Optional<Task> lockTaskOf(JdbcClient sql, UUID lease, String session) {
    return sql.sql(
            "select "
                + TaskRows.COLUMNS
                + """
                 from execution.tasks t join execution.leases l on l.task = t.id
                where l.id = :lease and l.session = :session and l.state <> 'CANCELLED'
                for update of t
                """)
        .param("lease", lease)
        .param("session", session)
        .query((row, n) -> TaskRows.read(row))
        .optional()
        // The lease may have ended while its task was waited for.
        .filter(task -> task.state() instanceof Executing e && e.lease().equals(lease));
  }

  static void finish(JdbcClient sql, Task task, UUID lease, ExecuteResponse response, Instant now) {
    delete(sql, lease);
    OperationState unused = TaskRows.apply(sql, task, new Finished(lease, response), now);
  }

  /** Another attempt, or the end if there were enough of them. */
  static void fail(
      JdbcClient sql, Task task, UUID lease, Problem problem, AttemptPolicy attempts, Instant now) {
    int made = task.state().attempts();
    if (attempts.allowsAnotherAfter(made)) {
      avoidSessionOf(sql, lease);
      delete(sql, lease);
      OperationState unused = TaskRows.apply(sql, task, new AttemptFailed(lease), now);
    } else {
      String message = attempts.givenUp(made, problem.message());
      finish(sql, task, lease, Endings.failed(problem.code(), message), now);
    }
  }

  static void handBack(JdbcClient sql, Task task, UUID lease, Instant now) {
    delete(sql, lease);
    OperationState unused = TaskRows.apply(sql, task, new HandedBack(lease), now);
  }

  /** Ends a locked task from outside; a bot that has it is told so and keeps its slot till then. */
  static void stop(JdbcClient sql, Task task, ExecuteResponse response, Instant now) {
    OperationState unused = TaskRows.apply(sql, task, new Stopped(response), now);
    List<String> sessions =
        sql.sql(
                """
                update execution.leases set state = 'CANCELLED'
                where task = :task and state <> 'CANCELLED' returning session
                """)
            .param("task", task.id())
            .query((row, n) -> row.getString("session"))
            .list();
    sessions.forEach(session -> Database.announce(sql, Changes.session(session)));
  }

  static void delete(JdbcClient sql, UUID lease) {
    int unused = sql.sql("delete from execution.leases where id = :id").param("id", lease).update();
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
