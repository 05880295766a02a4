package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.operation.OperationEvent;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The only place where a task's state is read and written; every change is a pure transition. */
final class TaskRows {

  /** The columns that {@link #read} takes, of a table aliased t. */
  static final String COLUMNS =
      "t.id as task_id, t.queue, t.instance as task_instance, t.digest_function, t.action_hash,"
          + " t.action_size, t.do_not_cache, t.timeout_millis, t.tool, t.invocation, t.target,"
          + " t.mnemonic, t.queued_at, t.stage, t.attempts, t.lease, t.partial_metadata,"
          + " t.response";

  private TaskRows() {}

  static Task read(ResultSet row) throws SQLException {
    DigestFunction function =
        DigestFunction.ofNumber(row.getInt("digest_function"))
            .orElseThrow(() -> new Failure.Corrupt("a stored action's digest function", null));
    return new Task(
        row.getObject("task_id", UUID.class),
        row.getLong("queue"),
        new InstanceName(row.getString("task_instance")),
        new Digest(function, row.getString("action_hash"), row.getLong("action_size")),
        row.getBoolean("do_not_cache"),
        Duration.ofMillis(row.getLong("timeout_millis")),
        new Origin(
            row.getString("tool"),
            row.getString("invocation"),
            row.getString("target"),
            row.getString("mnemonic")),
        instant(row, "queued_at"),
        state(row),
        partialMetadata(row.getBytes("partial_metadata")));
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  private static OperationState state(ResultSet row) throws SQLException {
    int attempts = row.getInt("attempts");
    String stage = row.getString("stage");
    return switch (stage) {
      case "QUEUED" -> new Queued(attempts);
      case "EXECUTING" -> new Executing(attempts, row.getObject("lease", UUID.class));
      case "COMPLETED" -> new Completed(attempts, response(row.getBytes("response")));
      default -> throw new Failure.Corrupt("a stored task's stage is " + stage, null);
    };
  }

  private static ExecuteResponse response(byte[] bytes) {
    try {
      return ExecuteResponse.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new Failure.Corrupt("a stored response does not parse", e);
    }
  }

  private static ExecutedActionMetadata partialMetadata(byte @Nullable [] bytes) {
    if (bytes == null) {
      return ExecutedActionMetadata.getDefaultInstance();
    }
    try {
      return ExecutedActionMetadata.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new Failure.Corrupt("stored partial metadata do not parse", e);
    }
  }

  /** A task, locked until the transaction ends. */
  static Optional<Task> lock(JdbcClient sql, UUID task) {
    return sql.sql("select " + COLUMNS + " from execution.tasks t where t.id = :id for update")
        .param("id", task)
        .query((row, n) -> read(row))
        .optional();
  }

  /** Takes a locked task on to its next state, and wakes who waits for it. */
  static OperationState apply(JdbcClient sql, Task task, OperationEvent event, Instant now) {
    OperationState next = task.state().after(event);
    switch (next) {
      case Queued(int attempts) -> {
        write(sql, task, "QUEUED", attempts, null, null, null);
        Database.announce(sql, Changes.QUEUE);
      }
      case Executing(int attempts, UUID lease) ->
          write(sql, task, "EXECUTING", attempts, lease, null, null);
      case Racing racing -> throw new IllegalStateException("there is no room for " + racing);
      case Completed(int attempts, ExecuteResponse response) ->
          write(sql, task, "COMPLETED", attempts, null, response.toByteArray(), now);
    }
    Database.announce(sql, Changes.task(task.id()));
    return next;
  }

  private static void write(
      JdbcClient sql,
      Task task,
      String stage,
      int attempts,
      @Nullable UUID lease,
      byte @Nullable [] response,
      @Nullable Instant completedAt) {
    int unused =
        sql.sql(
                """
                update execution.tasks
                set stage = :stage, attempts = :attempts, lease = :lease,
                    partial_metadata = null, response = :response, completed_at = :completed
                where id = :id
                """)
            .param("id", task.id())
            .param("stage", stage)
            .param("attempts", attempts)
            .param("lease", lease, Types.OTHER)
            .param("response", response, Types.BINARY)
            .param(
                "completed",
                completedAt == null ? null : Database.at(completedAt),
                Types.TIMESTAMP_WITH_TIMEZONE)
            .update();
  }
}
