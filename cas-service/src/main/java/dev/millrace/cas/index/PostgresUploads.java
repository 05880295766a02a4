package dev.millrace.cas.index;

import dev.millrace.failure.Failure;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.SqlArrayValue;

/**
 * Uploads that have arrived in part, by name. Each writer is given an epoch; once another has begun
 * or resumed the upload, nothing that the first one saves is taken. Pieces are objects that are
 * announced in {@link Deletions} and stay there: an upload that nobody goes on with leaves nothing
 * behind, and one whose blob is there already cannot harm it.
 */
public final class PostgresUploads {

  private final IndexDatabase database;
  private final Deletions deletions;
  private final Clock clock;

  public PostgresUploads(IndexDatabase database, Deletions deletions, Clock clock) {
    this.database = database;
    this.deletions = deletions;
    this.clock = clock;
  }

  /**
   * What was saved of an upload.
   *
   * @param epoch the present writer's
   * @param tail bytes behind the pieces, few enough to be kept in a row
   */
  public record Saved(long epoch, List<Piece> pieces, byte[] tail) {

    public long length() {
      return pieces.stream().mapToLong(Piece::length).sum() + tail.length;
    }
  }

  /**
   * Begins an upload at its start and gives up what was saved of it; returns the writer's epoch.
   */
  public long begin(String name) {
    return database.transaction(client -> {
      lock(client, name).ifPresent(old -> deletions.release(client, old.pieces()));
      return client
          .sql(
              """
              insert into cas.uploads
                (name_hash, name, epoch, touched_at, pieces, lengths, checksums, tail)
              values (:hash, :name, nextval('cas.upload_epochs'), :now, '{}', '{}', '', '')
              on conflict (name_hash) do update set
                epoch = excluded.epoch, touched_at = excluded.touched_at, pieces = '{}',
                lengths = '{}', checksums = '', tail = ''
              returning epoch
              """)
          .param("hash", NameHash.of(name))
          .param("name", name)
          .param("now", now())
          .query(Long.class)
          .single();
    });
  }

  /** Goes on with what was saved, under a new epoch; empty if nothing is left of it. */
  public Optional<Saved> resume(String name) {
    return database.transaction(client -> {
      Optional<Saved> old = lock(client, name);
      if (old.isEmpty()) {
        return old;
      }
      if (!deletions.extend(client, old.get().pieces())) {
        delete(client, name, old.get());
        return Optional.empty();
      }
      long epoch =
          client
              .sql(
                  """
                  update cas.uploads
                  set epoch = nextval('cas.upload_epochs'), touched_at = :now
                  where name_hash = :hash returning epoch
                  """)
              .param("hash", NameHash.of(name))
              .param("now", now())
              .query(Long.class)
              .single();
      return Optional.of(new Saved(epoch, old.get().pieces(), old.get().tail()));
    });
  }

  /**
   * Saves all that has arrived of an upload.
   *
   * @throws Failure.Unavailable if another has taken it over, or its pieces were too long unsaved
   */
  public void save(String name, Saved state) {
    boolean unused =
        database.transaction(client -> {
          PieceColumns pieces = PieceColumns.of(state.pieces());
          int saved =
              client
                  .sql(
                      """
                      update cas.uploads set touched_at = :now, pieces = :pieces,
                        lengths = :lengths, checksums = :checksums, tail = :tail
                      where name_hash = :hash and epoch = :epoch
                      """)
                  .param("hash", NameHash.of(name))
                  .param("epoch", state.epoch())
                  .param("now", now())
                  .param("pieces", pieces.objects())
                  .param("lengths", pieces.lengths())
                  .param("checksums", pieces.checksums())
                  .param("tail", state.tail())
                  .update();
          if (saved == 0) {
            throw new Failure.Unavailable("the upload was taken over by another call", null);
          }
          if (!deletions.extend(client, state.pieces())) {
            throw new Failure.Unavailable("the upload took too long", null);
          }
          return true;
        });
  }

  /** Bytes that a later call need not send again; empty if nothing is known of the upload. */
  public OptionalLong kept(String name) {
    return database.query(client ->
        client
            .sql(
                """
                select octet_length(tail) + (
                  select coalesce(sum(length), 0) from unnest(lengths) length)
                from cas.uploads where name_hash = ?
                """)
            .param(NameHash.of(name))
            .query(Long.class)
            .optional()
            .map(OptionalLong::of)
            .orElse(OptionalLong.empty()));
  }

  /** Forgets an upload, if it is still the writer's, and leaves its pieces to be deleted. */
  public void discard(String name, long epoch) {
    discard(name, Optional.of(epoch));
  }

  /** Forgets an upload, whoever writes it, and leaves its pieces to be deleted. */
  public void discard(String name) {
    discard(name, Optional.empty());
  }

  private void discard(String name, Optional<Long> epoch) {
    boolean unused =
        database.transaction(client -> {
          lock(client, name)
              .filter(found -> epoch.isEmpty() || epoch.get() == found.epoch())
              .ifPresent(found -> delete(client, name, found));
          return true;
        });
  }

  /** Forgets the uploads that nobody has saved since then; returns how many. */
  public int discardUntouchedSince(Instant then) {
    return database.transaction(client -> {
      List<Untouched> untouched =
          client
              .sql(
                  """
                  select name, pieces, lengths, checksums, epoch, tail from cas.uploads
                  where touched_at < ? order by name_hash for update skip locked
                  """)
              .param(BlobIndex.time(then))
              .query((row, _) -> new Untouched(row.getString("name"), saved(row)))
              .list();
      deletions.release(
          client, untouched.stream().flatMap(upload -> upload.saved().pieces().stream()).toList());
      // Only what was locked: another upload may be going on at this moment.
      return client
          .sql("delete from cas.uploads where name_hash = any(?)")
          .param(
              new SqlArrayValue(
                  "bytea",
                  (Object[])
                      untouched.stream()
                          .map(upload -> NameHash.of(upload.name()))
                          .toArray(byte[][]::new)))
          .update();
    });
  }

  private record Untouched(String name, Saved saved) {}

  private void delete(JdbcClient client, String name, Saved saved) {
    deletions.release(client, saved.pieces());
    int unused =
        client.sql("delete from cas.uploads where name_hash = ?").param(NameHash.of(name)).update();
  }

  private static Optional<Saved> lock(JdbcClient client, String name) {
    return client
        .sql(
            """
            select epoch, pieces, lengths, checksums, tail from cas.uploads
            where name_hash = ? for update
            """)
        .param(NameHash.of(name))
        .query((row, _) -> saved(row))
        .optional();
  }

  private static Saved saved(ResultSet row) throws SQLException {
    return new Saved(row.getLong("epoch"), PieceColumns.read(row), row.getBytes("tail"));
  }

  private java.time.OffsetDateTime now() {
    return BlobIndex.time(clock.instant());
  }
}
