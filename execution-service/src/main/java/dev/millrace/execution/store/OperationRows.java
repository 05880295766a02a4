package dev.millrace.execution.store;

import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Operations as they are stored, each read together with the run that it stands for. */
final class OperationRows {

  private static final String SELECT =
      "select o.id as operation_id, o.instance as operation_instance, o.created_at,"
          + " o.cancelled_at, o.inline_stdout, o.inline_stderr, o.inline_output_files, "
          + TaskRows.COLUMNS
          + " from execution.operations o join execution.tasks t on t.id = o.task ";

  private OperationRows() {}

  /** Those that there are, in the order of the names. */
  static List<Optional<OperationSnapshot>> read(JdbcClient sql, List<OperationName> names) {
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

  /** Operations of an instance, oldest first. */
  static List<OperationSnapshot> list(
      JdbcClient sql,
      InstanceName instance,
      OperationFilter filter,
      Optional<OperationStore.Position> after,
      int limit) {
    return sql.sql(
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
        .list();
  }

  /**
   * Has operations count as watched until then; those alone that have less left than {@code least}.
   */
  static void watch(JdbcClient sql, List<OperationName> names, Instant until, Instant least) {
    int unused =
        sql.sql(
                """
                with few as materialized (
                  select id from execution.operations
                  where id = any(cast(:ids as uuid[])) and watched_until < :least
                  order by id for no key update)
                update execution.operations o set watched_until = :until from few
                where o.id = few.id
                """)
            .param("until", Database.at(until))
            .param("least", Database.at(least))
            .param("ids", ids(names))
            .update();
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
