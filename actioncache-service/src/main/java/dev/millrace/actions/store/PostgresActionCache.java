package dev.millrace.actions.store;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.database.DatabaseGate;
import dev.millrace.database.Together;
import dev.millrace.database.Together.Bounds;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Action results as rows, one a key, with who wrote them beside. A put is one statement, perhaps
 * with those of others, so that of many writers one wins as a whole. The time of last use is moved
 * forward at most once an hour a row: a hit is a read and nothing else.
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

  /** The most callers whom one statement serves. */
  private static final int MOST_AT_ONCE = 64;

  /** The most bytes of results that one statement brings, unless a single one is more. */
  private static final long MOST_BYTES = 4 * 1024 * 1024;

  private record Row(byte[] result, int checksum, OffsetDateTime lastUsed) {}

  private final JdbcClient database;
  private final Clock clock;
  private final DatabaseGate gate;
  private final Together<ResultKey, Optional<Row>> gets;
  private final Together<NewResult, Boolean> puts;

  /**
   * @param database with the schema of {@link ActionCacheSchema}
   * @param maxConcurrent the most connections used at once, not more than the pool has
   */
  public PostgresActionCache(DataSource database, Clock clock, int maxConcurrent) {
    this.database = JdbcClient.create(database);
    this.clock = clock;
    this.gate = new DatabaseGate("action results", maxConcurrent, PATIENCE);
    gets = new Together<>(MOST_AT_ONCE, this::select);
    puts =
        new Together<>(
            Bounds.<NewResult>most(MOST_AT_ONCE)
                .heaviest(MOST_BYTES, result -> result.result().size()),
            this::insert);
  }

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    Optional<Row> row = gets.ask(new ResultKey(instance, action));
    return row.flatMap(found ->
        gate.pass(() -> {
          touch(instance, action, found);
          return parse(instance, action, found);
        }));
  }

  private List<Optional<Row>> select(List<ResultKey> keys) {
    Map<Integer, Row> rows = new HashMap<>();
    gate.pass(() -> {
      database
          .sql(
              """
              select k.place, r.result, r.checksum, r.last_used_at
              from unnest(cast(:instance as text[]), cast(:function as smallint[]),
                  cast(:hash as bytea[]), cast(:size as bigint[]))
                  with ordinality as k(instance, digest_function, hash, size_bytes, place)
                join actioncache.results r using (instance, digest_function, hash, size_bytes)
              """)
          .params(ResultKey.columns(keys))
          .query(row -> {
            rows.put(
                row.getInt("place") - 1,
                new Row(
                    row.getBytes("result"),
                    row.getInt("checksum"),
                    row.getObject("last_used_at", OffsetDateTime.class)));
          });
      return true;
    });
    return IntStream.range(0, keys.size())
        .mapToObj(place -> Optional.ofNullable(rows.get(place)))
        .toList();
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
      if (NewResult.checksum(ByteBuffer.wrap(row.result())) == row.checksum()) {
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
    boolean unused =
        puts.ask(new NewResult(new ResultKey(instance, action), result.toByteString(), provenance));
  }

  /** Of several for one key the last one counts. */
  private List<Boolean> insert(List<NewResult> brought) {
    Map<ResultKey, NewResult> last = new TreeMap<>();
    brought.forEach(result -> last.put(result.key(), result));
    int unused =
        gate.pass(() ->
            database
                .sql(
                    """
                    insert into actioncache.results (
                      instance, digest_function, hash, size_bytes, result, checksum,
                      team, token, worker, invocation, created_at, last_used_at)
                    select r.*, :now, :now
                    from unnest(cast(:instance as text[]), cast(:function as smallint[]),
                      cast(:hash as bytea[]), cast(:size as bigint[]), cast(:result as bytea[]),
                      cast(:checksum as integer[]), cast(:team as text[]), cast(:token as text[]),
                      cast(:worker as text[]), cast(:invocation as text[])) as r
                    on conflict (instance, digest_function, hash, size_bytes) do update set
                      result = excluded.result, checksum = excluded.checksum,
                      team = excluded.team, token = excluded.token,
                      worker = excluded.worker, invocation = excluded.invocation,
                      created_at = excluded.created_at, last_used_at = excluded.last_used_at
                    """)
                .params(ResultKey.columns(last.keySet()))
                .params(NewResult.columns(last.values()))
                .param("now", now())
                .update());
    return Collections.nCopies(brought.size(), true);
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
}
