package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent;
import dev.millrace.execution.operation.OperationEvent.Finished;
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
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
          + " t.mnemonic, t.queued_at, t.stage, t.attempts, t.lease, t.second_lease,"
          + " t.partial_metadata, t.response";

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
      case "EXECUTING" -> executing(row, attempts);
      case "COMPLETED" -> new Completed(attempts, response(row.getBytes("response")));
      default -> throw new Failure.Corrupt("a stored task's stage is " + stage, null);
    };
  }

  private static OperationState executing(ResultSet row, int attempts) throws SQLException {
    UUID first = row.getObject("lease", UUID.class);
    @Nullable UUID second = row.getObject("second_lease", UUID.class);
    return second == null ? new Executing(attempts, first) : new Racing(attempts, first, second);
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
    return lock(sql, List.of(task)).stream().findFirst();
  }

  /** Tasks, locked until the transaction ends, in the one order in which all lock them. */
  static List<Task> lock(JdbcClient sql, Collection<UUID> tasks) {
    return sql.sql(
            "select "
                + COLUMNS
                + " from execution.tasks t where t.id = any(cast(:ids as uuid[]))"
                + " order by t.id for no key update")
        .param("ids", new Columns<>(tasks).texts(UUID::toString))
        .query((row, n) -> read(row))
        .list();
  }

  /** What happened to a locked task. */
  record Change(Task task, OperationEvent event) {}

  /** Takes a locked task on to its next state, and wakes who waits for it. */
  static OperationState apply(JdbcClient sql, Task task, OperationEvent event, Instant now) {
    return apply(sql, List.of(new Change(task, event)), now).getFirst();
  }

  /** The same for several tasks, each of them once. */
  static List<OperationState> apply(JdbcClient sql, List<Change> changes, Instant now) {
    List<OperationState> next =
        changes.stream().map(c -> c.task().state().after(c.event())).toList();
    write(sql, changes, next, now);
    List<String> topics = new ArrayList<>();
    changes.forEach(change -> topics.add(Changes.task(change.task().id())));
    if (next.stream().anyMatch(Queued.class::isInstance)) {
      topics.add(Changes.QUEUE);
    }
    Database.announce(sql, topics);
    return next;
  }

  private static void write(
      JdbcClient sql, List<Change> changes, List<OperationState> states, Instant now) {
    Columns<Change> made = new Columns<>(changes);
    Columns<OperationState> columns = new Columns<>(states);
    int unused =
        sql.sql(
                """
                update execution.tasks t
                set stage = r.stage, attempts = r.attempts, lease = r.lease, second_lease = r.second,
                    hedged = t.hedged or r.second is not null,
                    -- Of two bots, the one that has had it for longer speaks for it.
                    partial_metadata = case when t.lease = r.lease then t.partial_metadata end,
                    leased_at = case
                      when t.stage = 'QUEUED' and r.stage = 'EXECUTING' then :now
                      when r.stage <> 'COMPLETED' or (r.typical and not t.hedged) then t.leased_at
                    end,
                    response = r.response,
                    completed_at = case r.stage when 'COMPLETED' then :now end
                from unnest(cast(:id as uuid[]), cast(:stage as text[]),
                  cast(:attempts as integer[]), cast(:lease as uuid[]), cast(:second as uuid[]),
                  cast(:response as bytea[]), cast(:typical as boolean[]))
                  as r(id, stage, attempts, lease, second, response, typical)
                where t.id = r.id
                """)
            .param("id", made.texts(change -> change.task().id().toString()))
            .param("typical", made.booleans(TaskRows::isTypical))
            .param("stage", columns.texts(TaskRows::stage))
            .param("attempts", columns.ints(OperationState::attempts))
            .param("lease", columns.texts(TaskRows::lease))
            .param("second", columns.texts(TaskRows::secondLease))
            .param("response", columns.bytes(TaskRows::response))
            .param("now", Database.at(now))
            .update();
  }

  /** Whether the time that it took tells how long such actions take. */
  private static boolean isTypical(Change change) {
    return change.event() instanceof Finished(UUID lease, ExecuteResponse response)
        && Endings.isSuccess(response);
  }

  private static String stage(OperationState state) {
    return switch (state) {
      case Queued queued -> "QUEUED";
      case Executing executing -> "EXECUTING";
      case Racing racing -> "EXECUTING";
      case Completed completed -> "COMPLETED";
    };
  }

  private static @Nullable String lease(OperationState state) {
    return switch (state) {
      case Executing executing -> executing.lease().toString();
      case Racing racing -> racing.first().toString();
      case Queued queued -> null;
      case Completed completed -> null;
    };
  }

  private static @Nullable String secondLease(OperationState state) {
    return state instanceof Racing racing ? racing.second().toString() : null;
  }

  private static byte @Nullable [] response(OperationState state) {
    return state instanceof Completed(int attempts, ExecuteResponse response)
        ? response.toByteArray()
        : null;
  }
}
