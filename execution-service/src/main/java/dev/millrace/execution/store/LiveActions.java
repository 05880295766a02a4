package dev.millrace.execution.store;

import com.google.rpc.Code;
import dev.millrace.execution.admin.LiveAction;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What is queued or runs, of whatever instance, and the operators' way to end it. */
public final class LiveActions {

  /** A column with the ids of all that wait for a task aliased t. */
  static final String OPERATIONS =
      " array(select o.id::text from execution.operations o"
          + " where o.task = t.id and o.cancelled_at is null and o.deleted_at is null"
          + " order by o.created_at, o.id) as operations ";

  private final Database database;
  private final Clock clock;

  public LiveActions(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Those of a tool's invocation, or of all if it is empty; those that wait longest first. */
  public List<LiveAction> list(String invocation, int limit) {
    return database.transaction(sql ->
        sql.sql(
                """
                select t.*,
                  array(select s.bot_id from execution.leases l
                      join execution.sessions s on s.name = l.session
                    where l.id in (t.lease, t.second_lease) order by l.created_at, l.id) as workers,
                """
                    + OPERATIONS
                    + """
                     from execution.tasks t
                    where t.stage <> 'COMPLETED' and (:invocation = '' or t.invocation = :invocation)
                    order by t.queued_at, t.id limit :limit
                    """)
            .param("invocation", invocation)
            .param("limit", limit)
            .query((row, n) -> read(row))
            .list());
  }

  private static LiveAction read(ResultSet row) throws SQLException {
    return new LiveAction(
        digest(row),
        operations(row),
        row.getString("stage"),
        TaskRows.instant(row, "queued_at"),
        row.getInt("attempts"),
        row.getInt("priority"),
        List.of(QueueRows.strings(row.getArray("workers"))),
        row.getString("tool"),
        row.getString("invocation"),
        row.getString("target"),
        row.getString("mnemonic"));
  }

  static String digest(ResultSet row) throws SQLException {
    return row.getString("action_hash") + "/" + row.getLong("action_size");
  }

  static List<String> operations(ResultSet row) throws SQLException {
    InstanceName instance = new InstanceName(row.getString("instance"));
    return Arrays.stream(QueueRows.strings(row.getArray("operations")))
        .map(id -> new OperationName(instance, UUID.fromString(id)).toString())
        .toList();
  }

  /** How an attempt to end an action went. */
  public enum Kill {
    DONE,
    /** It was over already. */
    TOO_LATE,
    UNKNOWN
  }

  /**
   * Ends the action that an operation stands for, for all who wait for it; a worker that has it is
   * told to stop. FAILED_PRECONDITION, as clients would send anew what is CANCELLED or ABORTED.
   */
  public Kill kill(UUID operation, String by, String reason) {
    return database.transaction(sql -> {
      Optional<Task> task = taskOf(sql, operation).flatMap(id -> TaskRows.lock(sql, id));
      if (task.isEmpty()) {
        return Kill.UNKNOWN;
      }
      if (task.get().state() instanceof Completed) {
        return Kill.TOO_LATE;
      }
      String message = "killed by %s: %s".formatted(by, reason);
      LeaseRows.stop(
          sql,
          List.of(task.get()),
          Endings.failed(Code.FAILED_PRECONDITION, message),
          clock.instant());
      return Kill.DONE;
    });
  }

  private static Optional<UUID> taskOf(JdbcClient sql, UUID operation) {
    return sql.sql("select task from execution.operations where id = :id")
        .param("id", operation)
        .query(UUID.class)
        .optional();
  }
}
