package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.Action;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What sessions hold, of many in one statement. */
final class HeldRows {

  private HeldRows() {}

  /** A session as it is stored, with its leases. */
  private record Session(boolean drained, List<Row> leases) {}

  /** A lease as it is stored. */
  private record Row(
      UUID id,
      State state,
      String instance,
      int function,
      byte[] action,
      Instant expiresAt,
      long queue) {}

  /** Nothing for sessions that are gone; in the order of the names. */
  static List<Optional<Standing>> read(JdbcClient sql, List<String> names, Queues queues) {
    Map<String, Session> found = new HashMap<>();
    sql.sql(
            """
            select s.name, s.drained, l.id as lease_id, l.state, l.expires_at, t.instance,
              t.digest_function, t.action, t.queue
            from execution.sessions s
              left join execution.leases l on l.session = s.name
              left join execution.tasks t on t.id = l.task
            where s.name = any(cast(:names as text[])) and s.ended_at is null
            order by l.created_at, l.id
            """)
        .param("names", names.toArray(String[]::new))
        .query(row -> {
          boolean drained = row.getBoolean("drained");
          Session session =
              found.computeIfAbsent(
                  row.getString("name"), name -> new Session(drained, new ArrayList<>()));
          if (row.getObject("lease_id") != null) {
            session.leases().add(read(row));
          }
        });
    return names.stream().map(name -> standing(sql, found.get(name), queues)).toList();
  }

  private static Optional<Standing> standing(
      JdbcClient sql, @Nullable Session session, Queues queues) {
    return Optional.ofNullable(session)
        .map(there ->
            new Standing(
                there.leases().stream().map(row -> held(sql, row, queues)).toList(),
                there.drained()));
  }

  private static Row read(ResultSet row) throws SQLException {
    return new Row(
        row.getObject("lease_id", UUID.class),
        State.valueOf(row.getString("state")),
        row.getString("instance"),
        row.getInt("digest_function"),
        row.getBytes("action"),
        TaskRows.instant(row, "expires_at"),
        row.getLong("queue"));
  }

  private static HeldLease held(JdbcClient sql, Row row, Queues queues) {
    DigestFunction function =
        DigestFunction.ofNumber(row.function())
            .orElseThrow(() -> new Failure.Corrupt("a stored action's digest function", null));
    return new HeldLease(
        row.id(),
        row.state(),
        new InstanceName(row.instance()),
        function,
        action(row.action()),
        row.expiresAt(),
        queues.get(sql, row.queue()).resources());
  }

  private static Action action(byte[] bytes) {
    try {
      return Action.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new Failure.Corrupt("a stored action does not parse", e);
    }
  }
}
