package dev.millrace.cas.index;

import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.SqlArrayValue;

/**
 * The statements of the one collector. Each takes effect by itself and is short: a collector that
 * ends between any two of them leaves nothing half done.
 *
 * <p>None of them waits for a row that someone else has locked. Whoever has it is telling a client
 * of the blob, or is writing it, so that it is not to be collected; and who never waits is never
 * part of a deadlock.
 */
public final class CollectionTurn {

  private static final String USAGE =
      """
      select b.instance, width_bucket(b.last_used, :bounds) as age,
        b.condemned_at is not null as condemned, count(*) as blobs, sum(b.size)::bigint as bytes
      from cas.blobs b
      where b.ctid >= cast(:from as tid) and b.ctid < cast(:to as tid)
      group by 1, 2, 3
      """;

  /** The rows are looked at again when they are locked: one that was used meanwhile is let go. */
  private static final String CONDEMN =
      """
      with cuts as materialized (
        select * from unnest(:instances, :befores, :untils, :budgets)
          c (instance, before, until, budget)
      ), candidates as materialized (
        select b.key, b.size, c.until, c.budget, b.last_used >= c.before as last_stretch,
          sum(b.size) filter (where b.last_used >= c.before)
            over (partition by b.instance order by b.last_used, b.key) as running
        from cas.blobs b join cuts c on c.instance = b.instance
        where b.ctid >= cast(:from as tid) and b.ctid < cast(:to as tid)
          and b.condemned_at is null and b.last_used < least(c.until, :condemnable)
      ), held as materialized (
        select b.key, c.last_stretch from candidates c join cas.blobs b on b.key = c.key
        where (not c.last_stretch or c.running - c.size < c.budget)
          and b.condemned_at is null and b.last_used < least(c.until, :condemnable)
        order by b.key limit :most for no key update of b skip locked
      ), condemned as (
        update cas.blobs b set condemned_at = :now from held h where b.key = h.key
        returning b.instance, b.size, h.last_stretch
      )
      select instance, count(*) as blobs, sum(size)::bigint as bytes,
        coalesce(sum(size) filter (where last_stretch), 0)::bigint as of_budget
      from condemned group by instance
      """;

  /**
   * A row goes with its body, and the body's objects are entered to be deleted, or nothing of it
   * happens. That a blob is condemned is enough to know that nobody was told of it since; its last
   * use is compared once more all the same.
   */
  private static final String DELETE =
      """
      with held as materialized (
        select b.key from cas.blobs b join cas.bodies c on c.key = b.key
        where b.condemned_at <= :condemned_until and b.last_used < :condemnable
        order by b.condemned_at, b.key limit :most for update of b, c skip locked
      ), blobs as (
        delete from cas.blobs b using held h where b.key = h.key
        returning b.key, b.instance, b.size
      ), bodies as (
        delete from cas.bodies c using held h where c.key = h.key returning c.pieces
      ), objects as (
        insert into cas.deletions (object, due_at)
        select unnest(pieces), :due from bodies where pieces is not null
        on conflict (object) do nothing
      )
      select instance, count(*) as blobs, sum(size)::bigint as bytes from blobs group by instance
      """;

  private final JdbcClient client;
  private final Retention retention;

  CollectionTurn(JdbcClient client, Retention retention) {
    this.client = client;
    this.retention = retention;
  }

  /** The whole table in stretches of so many pages. */
  public List<PageRange> pages(int each) {
    long pages =
        client
            .sql(
                """
                select pg_relation_size('cas.blobs') / current_setting('block_size')::bigint
                """)
            .query(Long.class)
            .single();
    return PageRange.of(pages, each);
  }

  /** The names of all instances, by their numbers. */
  public Map<Integer, InstanceName> instances() {
    Map<Integer, InstanceName> names = new HashMap<>();
    client
        .sql("select id, name from cas.instances")
        .query(row -> {
          names.put(row.getInt("id"), new InstanceName(row.getString("name")));
        });
    return names;
  }

  /**
   * What a part of the table has.
   *
   * @param bounds of the ages that are told apart, the oldest first
   */
  public List<Usage> usage(PageRange pages, List<Instant> bounds) {
    return client
        .sql(USAGE)
        .param("bounds", times(bounds))
        .param("from", pages.from())
        .param("to", pages.to())
        .query((row, _) ->
            new Usage(
                row.getInt("instance"),
                row.getInt("age"),
                row.getBoolean("condemned"),
                new Tally(row.getLong("blobs"), row.getLong("bytes"))))
        .list();
  }

  /**
   * Condemns blobs in a part of the table, but none that was used within the retention time.
   *
   * @param most how many at once; if so many were found, there may be more
   */
  public List<Condemned> condemn(PageRange pages, Collection<Cut> cuts, int most, Instant now) {
    return client
        .sql(CONDEMN)
        .param("instances", new SqlArrayValue("int4", cuts.stream().map(Cut::instance).toArray()))
        .param("befores", times(cuts.stream().map(Cut::before).toList()))
        .param("untils", times(cuts.stream().map(Cut::until).toList()))
        .param("budgets", new SqlArrayValue("int8", cuts.stream().map(Cut::budget).toArray()))
        .param("from", pages.from())
        .param("to", pages.to())
        .param("condemnable", BlobIndex.time(retention.condemnableBefore(now)))
        .param("most", most)
        .param("now", BlobIndex.time(now))
        .query((row, _) ->
            new Condemned(
                row.getInt("instance"),
                new Tally(row.getLong("blobs"), row.getLong("bytes")),
                row.getLong("of_budget")))
        .list();
  }

  /**
   * Deletes blobs that have been condemned for a while and that nobody was told of since.
   *
   * @param condemnedFor at least so long
   * @param objectsLiveOn the time that is left to those who are reading them
   * @param most how many at once
   * @return what is gone, by instance
   */
  public Map<Integer, Tally> delete(
      Duration condemnedFor, Duration objectsLiveOn, int most, Instant now) {
    Map<Integer, Tally> gone = new HashMap<>();
    client
        .sql(DELETE)
        .param("condemned_until", BlobIndex.time(now.minus(condemnedFor)))
        .param("condemnable", BlobIndex.time(retention.condemnableBefore(now)))
        .param("most", most)
        .param("due", BlobIndex.time(now.plus(objectsLiveOn)))
        .query(row -> {
          gone.put(row.getInt("instance"), new Tally(row.getLong("blobs"), row.getLong("bytes")));
        });
    return gone;
  }

  /** The round before this one. */
  public Optional<LastCollection> last() {
    return CollectionIndex.last(client);
  }

  /** Lets all replicas know of this round. */
  public void save(LastCollection round) {
    int _ =
        client
            .sql(
                """
                insert into cas.last_collection (started_at, ended_at, stored_blobs, stored_bytes,
                  condemned_blobs, condemned_bytes, deleted_blobs, deleted_bytes, spared_blobs,
                  outstanding)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                on conflict (singleton) do update set
                  (started_at, ended_at, stored_blobs, stored_bytes, condemned_blobs,
                   condemned_bytes, deleted_blobs, deleted_bytes, spared_blobs, outstanding)
                  = (excluded.started_at, excluded.ended_at, excluded.stored_blobs,
                     excluded.stored_bytes, excluded.condemned_blobs, excluded.condemned_bytes,
                     excluded.deleted_blobs, excluded.deleted_bytes, excluded.spared_blobs,
                     excluded.outstanding)
                """)
            .params(
                BlobIndex.time(round.started()),
                BlobIndex.time(round.ended()),
                round.stored().blobs(),
                round.stored().bytes(),
                round.condemned().blobs(),
                round.condemned().bytes(),
                round.deleted().blobs(),
                round.deleted().bytes(),
                round.spared(),
                round.outstanding())
            .update();
  }

  private static SqlArrayValue times(List<Instant> instants) {
    return new SqlArrayValue("timestamptz", instants.stream().map(BlobIndex::time).toArray());
  }
}
