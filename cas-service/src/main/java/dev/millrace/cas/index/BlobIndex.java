package dev.millrace.cas.index;

import com.google.protobuf.ByteString;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.jdbc.support.SqlArrayValue;

/**
 * Which blobs exist, and where their bytes are. Whoever is told that a blob exists makes it count
 * as used, in the same statement: a blob that collection has condemned meanwhile is spared by that,
 * and one that is already gone is not reported.
 *
 * <p>All rows of a statement are locked in the order of their keys, so that batches that overlap
 * wait for each other and never end in a deadlock. What is promised of retention holds for a
 * collection that goes by {@link Retention#condemnableBefore}.
 */
public final class BlobIndex {

  /** How often a batch is written again for blobs that others were writing at the same time. */
  private static final int ROUNDS = 3;

  /**
   * Tells the digests under keys, as their hashes one after the other and their sizes, to be
   * compared by who asked. Those whose last use was recorded long ago are renewed, and come in a
   * row of their own; where there are none, nothing is written or locked. One that is being deleted
   * is waited for, and is then not among the renewed.
   *
   * <p>The planner does not look into a subquery, so the keys are always looked up in the index,
   * however many they are; and planning does not take longer for them. Rows that make no digest are
   * passed over, as their hashes would shift all others.
   */
  private static final String PRESENT =
      """
      with state as materialized (
        select %s as current
      ), found as materialized (
        select string_agg(hash, '') filter (where not stale) as hashes,
          array_agg(size) filter (where not stale) as sizes,
          array_agg(key) filter (where stale) as stale
        from (
          select key, hash, size, last_used < :stale or condemned_at is not null as stale
          from cas.blobs
          where key = any((select :keys from state where current)::uuid[]) and function = :function
            and octet_length(hash) = :width and size >= 0
        ) b
      ), held as materialized (
        select key from cas.blobs where key = any((select stale from found)::uuid[])
        order by key for no key update
      ), renewed as (
        update cas.blobs b
        set last_used = greatest(b.last_used, :now), condemned_at = null
        from held h where b.key = h.key
        returning b.hash, b.size
      )
      select hashes, sizes, current from found, state
      union all
      select string_agg(hash, ''), array_agg(size), true from renewed
      """
          .formatted(Interned.CURRENT);

  /**
   * Renews in the same way. What is asked for is unnested in a select list, which unlike a table is
   * not gathered in memory first.
   */
  private static final String BODIES =
      """
      with state as materialized (
        select %s as current
      ), found as materialized (
        select a.number, b.key, b.last_used < :stale or b.condemned_at is not null as stale
        from state, (
          select unnest(:keys) as key, unnest(:hashes) as hash, unnest(:sizes) as size,
            generate_series(1, :count) as number
        ) a join cas.blobs b on b.key = a.key
        where b.hash = a.hash and b.size = a.size and b.function = :function and current
      ), held as materialized (
        select b.key from found f join cas.blobs b on b.key = f.key
        where f.stale order by b.key for no key update of b
      ), renewed as (
        update cas.blobs b
        set last_used = greatest(b.last_used, :now), condemned_at = null
        from held h where b.key = h.key
      )
      select f.number, c.content, c.pieces, c.lengths, c.checksums, c.xmin::text as version
      from found f join cas.bodies c on c.key = f.key
      union all
      select 0, null, null, null, null, null from state where not current
      """
          .formatted(Interned.CURRENT);

  private static final String ADD =
      """
      insert into cas.blobs as b (key, last_used, size, instance, function, hash)
      select distinct on (a.key) a.key, :now, a.size, :instance, :function, a.hash
      from asked a where %s
      order by a.key
      on conflict (key) do update
      set last_used = greatest(b.last_used, excluded.last_used), condemned_at = null
      where b.hash = excluded.hash and b.size = excluded.size and b.function = excluded.function
      """
          .formatted(Interned.CURRENT);

  /** Tells which of the blobs are stored now, by it or by others before it. */
  private static final String ADD_CONTENTS =
      """
      with asked as materialized (
        select * from unnest(:keys, :hashes, :sizes, :contents, :checksums)
          with ordinality a (key, hash, size, content, checksums, number)
      ), written as (
      """
          + ADD
          + """
              and (b.last_used < :stale or b.condemned_at is not null)
            returning b.key, b.hash, b.xmax = 0 as fresh
          ), bodies as (
            insert into cas.bodies (key, content, checksums)
            select a.key, a.content, a.checksums
            from asked a join written w on w.key = a.key and w.hash = a.hash
            where w.fresh
          )
          select array_agg(a.number::integer) from asked a
          where exists (select from written w where w.key = a.key and w.hash = a.hash)
            or exists (
              select from cas.blobs b
              where b.key = a.key and b.hash = a.hash and b.size = a.size and b.function = :function)
              and %s
          """
              .formatted(Interned.CURRENT);

  private static final String ADD_ONE =
      """
      with asked as (select * from unnest(:keys, :hashes, :sizes) a (key, hash, size))
      """
          + ADD
          + "returning b.xmax = 0";

  private final IndexDatabase database;
  private final Instances instances;
  private final Deletions deletions;
  private final QuarantinedBodies quarantined;
  private final Retention retention;
  private final Clock clock;

  public BlobIndex(IndexDatabase database, Deletions deletions, Retention retention, Clock clock) {
    this.database = database;
    this.instances = new Instances(database);
    this.deletions = deletions;
    this.quarantined = new QuarantinedBodies(database);
    this.retention = retention;
    this.clock = clock;
  }

  /** The digests of which there is no blob; the others count as used now. */
  public Set<Digest> findMissing(InstanceName instance, Set<Digest> digests) {
    Set<Digest> missing = new LinkedHashSet<>(digests);
    Optional<Interned> number = digests.isEmpty() ? Optional.empty() : instances.find(instance);
    if (number.isPresent()) {
      for (KeyedDigests batch : KeyedDigests.of(number.get().number(), digests)) {
        for (Digest present : present(number.get(), batch)) {
          missing.remove(present);
        }
      }
    }
    return missing;
  }

  private List<Digest> present(Interned number, KeyedDigests batch) {
    List<Digest> present = new ArrayList<>(batch.keys().size());
    return database.query(client -> {
      asked(client.sql(PRESENT), number, batch)
          .param("width", batch.function().hashLength() / 2)
          .query(row -> {
            if (!row.getBoolean("current")) {
              throw instances.stale(number);
            }
            byte[] hashes = row.getBytes("hashes");
            if (hashes != null) {
              Long[] sizes = (Long[]) row.getArray("sizes").getArray();
              present.addAll(HashRow.digests(batch.function(), hashes, sizes));
            }
          });
      return present;
    });
  }

  /**
   * Where the bytes of those blobs are that exist; they count as used now. A row that makes no
   * sense is the body of its blob alone, {@link Body.Unreadable}.
   */
  public Map<Digest, Body> find(InstanceName instance, Set<Digest> digests) {
    Map<Digest, Body> bodies = new LinkedHashMap<>();
    Optional<Interned> number = digests.isEmpty() ? Optional.empty() : instances.find(instance);
    if (number.isPresent()) {
      for (KeyedDigests batch : KeyedDigests.of(number.get().number(), digests)) {
        database.query(client -> {
          keyed(client.sql(BODIES), number.get(), batch)
              .query(row -> {
                int asked = row.getInt("number");
                if (asked == 0) {
                  throw instances.stale(number.get());
                }
                bodies.put(batch.digests().get(asked - 1), body(row));
              });
          return bodies;
        });
      }
    }
    return bodies;
  }

  /**
   * Adds blobs with their bytes, as one statement.
   *
   * @return the ones that could not be added, which is next to impossible
   */
  public Set<Digest> add(InstanceName instance, Map<Digest, ByteString> blobs) {
    if (blobs.isEmpty()) {
      return Set.of();
    }
    Interned number = instances.intern(instance);
    Map<Digest, ByteString> left = new HashMap<>(blobs);
    for (int round = 0; round < ROUNDS && !left.isEmpty(); round++) {
      for (KeyedDigests batch : KeyedDigests.of(number.number(), left.keySet())) {
        List<ByteString> contents = batch.digests().stream().map(left::get).toList();
        Integer[] added =
            database.query(client ->
                numbers(
                    keyed(client.sql(ADD_CONTENTS), number, batch)
                        .param("contents", bytes(contents.stream().map(ByteString::toByteArray)))
                        .param(
                            "checksums",
                            bytes(
                                contents.stream()
                                    .map(c -> Checksums.of(c.asReadOnlyByteBuffer()).bytes())))));
        if (added.length == 0) {
          requireCurrent(number);
        }
        for (int n : added) {
          left.remove(batch.digests().get(n - 1));
        }
      }
    }
    return left.keySet();
  }

  /**
   * Makes announced objects a blob. If the blob exists by now, they are left to be deleted instead.
   *
   * @throws Failure.Unavailable if they took so long that some are being deleted
   */
  public void add(InstanceName instance, Digest digest, Body.Pieces body) {
    Interned number = instances.intern(instance);
    KeyedDigests one = KeyedDigests.of(number.number(), List.of(digest)).getFirst();
    boolean unused =
        database.transaction(client -> {
          boolean fresh =
              keyed(client.sql(ADD_ONE), number, one)
                  .query(Boolean.class)
                  .optional()
                  .orElseThrow(() -> {
                    instances.requireCurrent(client, number);
                    return new Failure.Unavailable("the key of " + digest + " is taken", null);
                  });
          if (fresh) {
            deletions.adopt(client, body.list());
            insertBody(client, one, body);
          } else {
            deletions.release(client, body.list());
          }
          return fresh;
        });
  }

  private static void insertBody(JdbcClient client, KeyedDigests one, Body.Pieces body) {
    PieceColumns pieces = PieceColumns.of(body.list());
    int unused =
        client
            .sql(
                """
                insert into cas.bodies (key, pieces, lengths, checksums)
                values (:key, :pieces, :lengths, :checksums)
                """)
            .param("key", one.keys().getFirst())
            .param("pieces", pieces.objects())
            .param("lengths", pieces.lengths())
            .param("checksums", pieces.checksums())
            .update();
  }

  /**
   * Sets a blob's body aside because it is damaged: the blob is missing from now on and may be
   * written anew. A body that was written since it was found to be damaged stays.
   */
  public boolean quarantine(InstanceName instance, Digest digest, Body damaged, String reason) {
    return quarantined.take(
        instances.intern(instance),
        digest,
        damaged,
        new QuarantinedBodies.Finding(clock.instant(), reason));
  }

  private void requireCurrent(Interned number) {
    boolean unused =
        database.query(client -> {
          instances.requireCurrent(client, number);
          return true;
        });
  }

  private StatementSpec keyed(StatementSpec statement, Interned number, KeyedDigests batch) {
    return asked(statement, number, batch)
        .param("hashes", batch.hashColumn())
        .param("sizes", batch.sizeColumn())
        .param("count", batch.keys().size());
  }

  private StatementSpec asked(StatementSpec statement, Interned number, KeyedDigests batch) {
    Instant now = clock.instant();
    return statement
        .param("instance", number.number())
        .param("name", number.nameHash())
        .param("keys", batch.keyColumn())
        .param("function", batch.function().number())
        .param("now", time(now))
        .param("stale", time(retention.renewedIfBefore(now)));
  }

  private static Integer[] numbers(StatementSpec statement) {
    return statement
        .query((row, _) -> {
          java.sql.Array array = row.getArray(1);
          return array == null ? new Integer[0] : (Integer[]) array.getArray();
        })
        .single();
  }

  /** Whatever the columns hold, only this one row suffers from it. */
  static Body body(ResultSet row) throws SQLException {
    try {
      return bodyOf(row);
    } catch (RuntimeException notOurs) {
      return new Body.Unreadable(
          row.getString("version"), "its row makes no body (" + notOurs + ")");
    }
  }

  private static Body bodyOf(ResultSet row) throws SQLException {
    byte[] content = row.getBytes("content");
    return content == null
        ? new Body.Pieces(PieceColumns.read(row))
        : new Body.Content(content, new Checksums(row.getBytes("checksums")));
  }

  private static SqlArrayValue bytes(java.util.stream.Stream<byte[]> values) {
    return new SqlArrayValue("bytea", (Object[]) values.toArray(byte[][]::new));
  }

  static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
