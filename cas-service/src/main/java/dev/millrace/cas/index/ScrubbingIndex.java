package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Which blobs are to be hashed again next: all of them in the order of their keys, over and over,
 * shared out among the replicas. To be handed out here is no use of a blob.
 */
public final class ScrubbingIndex {

  private static final UUID START = new UUID(0, 0);

  /** What was not scrubbed while nobody ran is made up for only as far as this. */
  private static final Duration LEAST_OVERDUE = Duration.ofHours(1);

  private static final long MOST_SECONDS = Duration.ofDays(10 * 365).toSeconds();

  private static final double SECONDS_PER_DAY = Duration.ofDays(1).toSeconds();

  private final IndexDatabase database;

  public ScrubbingIndex(IndexDatabase database) {
    this.database = database;
  }

  private record State(UUID position, Instant paidUp) {}

  private record Found(UUID key, ScrubTurn turn) {}

  /**
   * The rows whose turn it is by now; nobody else is given them before all others had theirs.
   *
   * @param dailyShare of all blobs, from 0 to 1
   * @param most at once
   */
  public List<ScrubTurn> next(double dailyShare, int most, Instant now) {
    return database.transaction(client -> {
      State state = lock(client, now);
      double perSecond = count(client) * dailyShare / SECONDS_PER_DAY;
      Instant paidUp = latest(state.paidUp(), now.minus(mostOverdue(perSecond)));
      long due = (long) (perSecond * Duration.between(paidUp, now).toMillis() / 1000);
      if (due <= 0) {
        return List.of();
      }
      int batch = (int) Math.min(due, most);
      List<Found> found = read(client, state.position(), batch);
      boolean lap = found.size() < batch;
      if (lap) {
        found = new ArrayList<>(found);
        found.addAll(read(client, START, batch - found.size()));
      }
      Instant paidNow = paidUp.plusNanos((long) (batch / perSecond * 1e9));
      int _ =
          client
              .sql("update cas.scrubbing set position = ?, paid_up = ?, laps = laps + ?")
              .param(found.isEmpty() ? START : found.getLast().key())
              .param(BlobIndex.time(paidNow))
              .param(lap ? 1 : 0)
              .update();
      return found.stream().map(Found::turn).toList();
    });
  }

  /** Where there are few blobs, long enough for one of them. */
  private static Duration mostOverdue(double perSecond) {
    double seconds = perSecond > 0 ? Math.min(2 / perSecond, MOST_SECONDS) : 0;
    return Duration.ofSeconds(Math.max(LEAST_OVERDUE.toSeconds(), (long) seconds));
  }

  private static Instant latest(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /** The first call begins to count. */
  private static State lock(JdbcClient client, Instant now) {
    int _ =
        client
            .sql(
                "insert into cas.scrubbing (position, paid_up) values (?, ?) on conflict do nothing")
            .param(START)
            .param(BlobIndex.time(now))
            .update();
    return client
        .sql("select position, paid_up from cas.scrubbing for update")
        .query((row, _) ->
            new State(
                row.getObject("position", UUID.class), row.getTimestamp("paid_up").toInstant()))
        .single();
  }

  /** As PostgreSQL estimates it where there are many. */
  private static long count(JdbcClient client) {
    return client
        .sql(
            """
            select case when reltuples >= 10000 then reltuples::bigint
              else (select count(*) from (select from cas.blobs limit 10000) b) end
            from pg_class where oid = 'cas.blobs'::regclass
            """)
        .query(Long.class)
        .single();
  }

  private static List<Found> read(JdbcClient client, UUID behind, int most) {
    return client
        .sql(
            """
            select b.key, i.name, b.function, b.hash, b.size,
              c.content, c.pieces, c.lengths, c.checksums, c.xmin::text as version
            from cas.blobs b join cas.bodies c on c.key = b.key
            join cas.instances i on i.id = b.instance
            where b.key > ? order by b.key limit ?
            """)
        .param(behind)
        .param(most)
        .query((row, _) -> found(row))
        .list();
  }

  private static Found found(ResultSet row) throws SQLException {
    UUID key = row.getObject("key", UUID.class);
    try {
      return new Found(key, blob(row));
    } catch (RuntimeException notOurs) {
      return new Found(key, new UnknownRow(key, String.valueOf(notOurs)));
    }
  }

  private static StoredBlob blob(ResultSet row) throws SQLException {
    Optional<DigestFunction> function = DigestFunction.ofNumber(row.getInt("function"));
    return new StoredBlob(
        new InstanceName(row.getString("name")),
        new Digest(
            function.orElseThrow(),
            HexFormat.of().formatHex(row.getBytes("hash")),
            row.getLong("size")),
        BlobIndex.body(row));
  }
}
