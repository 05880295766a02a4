package dev.millrace.actions.store;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.database.DatabaseGate;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Action results as rows, one a key, with who wrote them beside. A put is one statement, so that of
 * many writers one wins as a whole. The time of last use is moved forward at most once an hour a
 * row: a hit is a read and nothing else.
 *
 * <p>A row that is damaged is logged, removed and counts as absent: the action will be run again,
 * and its result take the place. Knows nothing of blobs or of what may be served.
 */
public final class PostgresActionCache implements ActionCache {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresActionCache.class);

  private static final Duration USE_PRECISION = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String KEY =
      """
       where instance = :instance and digest_function = :function
         and hash = :hash and size_bytes = :size
      """;

  private record Row(byte[] result, int checksum, OffsetDateTime lastUsed) {}

  private final JdbcClient database;
  private final Clock clock;
  private final DatabaseGate gate;

  /**
   * @param database with the schema of {@link ActionCacheSchema}
   * @param maxConcurrent the most connections used at once, not more than the pool has
   */
  public PostgresActionCache(DataSource database, Clock clock, int maxConcurrent) {
    this.database = JdbcClient.create(database);
    this.clock = clock;
    this.gate = new DatabaseGate("action results", maxConcurrent, PATIENCE);
  }

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    return gate.pass(() -> {
      Optional<Row> row = select(instance, action);
      row.ifPresent(found -> touch(instance, action, found));
      return row.flatMap(found -> parse(instance, action, found));
    });
  }

  private Optional<Row> select(InstanceName instance, Digest action) {
    return keyed("select result, checksum, last_used_at from actioncache.results", instance, action)
        .query((row, _) ->
            new Row(
                row.getBytes("result"),
                row.getInt("checksum"),
                row.getObject("last_used_at", OffsetDateTime.class)))
        .optional();
  }

  private void touch(InstanceName instance, Digest action, Row row) {
    OffsetDateTime now = now();
    if (row.lastUsed().isBefore(now.minus(USE_PRECISION))) {
      keyed("update actioncache.results set last_used_at = :now", instance, action)
          .param("now", now)
          .update();
    }
  }

  private Optional<ActionResult> parse(InstanceName instance, Digest action, Row row) {
    try {
      if (checksum(row.result()) == row.checksum()) {
        return Optional.of(ActionResult.parseFrom(row.result()));
      }
      LOG.error("The result of {} in '{}' is damaged and is removed", action, instance);
    } catch (InvalidProtocolBufferException e) {
      LOG.error("The result of {} in '{}' is no result and is removed", action, instance, e);
    }
    // Only this content: another writer may have put a sound one meanwhile.
    database
        .sql("delete from actioncache.results" + KEY + " and result = :result")
        .params(key(instance, action))
        .param("result", row.result())
        .update();
    return Optional.empty();
  }

  @Override
  public void put(
      InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
    byte[] bytes = result.toByteArray();
    int unused =
        gate.pass(() ->
            database
                .sql(
                    """
                    insert into actioncache.results (
                      instance, digest_function, hash, size_bytes, result, checksum,
                      team, token, worker, invocation, created_at, last_used_at)
                    values (
                      :instance, :function, :hash, :size, :result, :checksum,
                      :team, :token, :worker, :invocation, :now, :now)
                    on conflict (instance, digest_function, hash, size_bytes) do update set
                      result = excluded.result, checksum = excluded.checksum,
                      team = excluded.team, token = excluded.token,
                      worker = excluded.worker, invocation = excluded.invocation,
                      created_at = excluded.created_at, last_used_at = excluded.last_used_at
                    """)
                .params(key(instance, action))
                .param("result", bytes)
                .param("checksum", checksum(bytes))
                .param("team", storable(provenance.team()))
                .param("token", storable(provenance.token()))
                .param("worker", storable(provenance.worker()))
                .param("invocation", storable(provenance.invocation()))
                .param("now", now())
                .update());
  }

  private JdbcClient.StatementSpec keyed(String sql, InstanceName instance, Digest action) {
    return database.sql(sql + KEY).params(key(instance, action));
  }

  private static Map<String, Object> key(InstanceName instance, Digest action) {
    return Map.of(
        "instance", instance.value(),
        "function", action.function().number(),
        "hash", action.hashBytes(),
        "size", action.sizeBytes());
  }

  private OffsetDateTime now() {
    return clock.instant().atOffset(ZoneOffset.UTC);
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** What clients say of themselves may hold the one character that PostgreSQL has no text for. */
  static String storable(String text) {
    String cut = text.length() > 1024 ? text.substring(0, 1024) : text;
    return cut.replace('\0', '?');
  }
}
