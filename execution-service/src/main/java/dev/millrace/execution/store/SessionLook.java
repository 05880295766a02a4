package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.Action;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A session as it was at one moment, with all that it held. */
record SessionLook(Bot bot, boolean drained, List<Row> leases) {

  /** What is known of the bot. */
  record Bot(boolean accepts, int capacity, Offer offer, Instant seenAt) {

    static Bot read(ResultSet row) throws SQLException {
      return new Bot(
          row.getBoolean("accepts_work"),
          row.getInt("capacity"),
          QueueRows.offer(row),
          TaskRows.instant(row, "seen_at"));
    }

    boolean isStill(BotSession said) {
      return accepts == said.acceptsWork()
          && capacity == said.capacity()
          && offer.equals(said.offer());
    }
  }

  /** A lease as it is stored. */
  record Row(
      UUID id,
      State state,
      String instance,
      int function,
      byte[] action,
      Instant expiresAt,
      long queue) {

    static Row read(ResultSet row) throws SQLException {
      return new Row(
          row.getObject("lease_id", UUID.class),
          State.valueOf(row.getString("state")),
          row.getString("task_instance"),
          row.getInt("digest_function"),
          row.getBytes("action"),
          TaskRows.instant(row, "lease_expires_at"),
          row.getLong("queue"));
    }
  }

  /** Those of the sessions that are not over, in one statement. */
  static Map<String, SessionLook> at(JdbcClient sql, Collection<String> sessions) {
    Map<String, SessionLook> looks = new HashMap<>();
    sql.sql(
            """
            select s.name, s.instance, s.serves_below, s.property_names, s.property_values,
              s.capacity, s.accepts_work, s.drained, s.seen_at, l.id as lease_id, l.state,
              l.expires_at as lease_expires_at, t.instance as task_instance, t.digest_function,
              t.action, t.queue
            from execution.sessions s
              left join execution.leases l on l.session = s.name
              left join execution.tasks t on t.id = l.task
            where s.name = any(cast(:names as text[])) and s.ended_at is null
            order by l.created_at, l.id
            """)
        .param("names", sessions.toArray(String[]::new))
        .query(row -> {
          String name = row.getString("name");
          if (!looks.containsKey(name)) {
            looks.put(
                name, new SessionLook(Bot.read(row), row.getBoolean("drained"), new ArrayList<>()));
          }
          if (row.getObject("lease_id") != null) {
            looks.get(name).leases().add(Row.read(row));
          }
        });
    return looks;
  }

  /** The same as the bot is to be told. */
  Standing standing(JdbcClient sql, Queues queues) {
    return new Standing(leases.stream().map(row -> held(sql, queues, row)).toList(), drained);
  }

  private static HeldLease held(JdbcClient sql, Queues queues, Row row) {
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
