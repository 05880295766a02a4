package dev.millrace.cas.index;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.SqlArrayValue;

/**
 * Compares the objects that a bucket has with those that the index knows. An object is known from
 * before its first byte until after its last: one that was listed and is not known afterwards is
 * nobody's.
 */
public final class ObjectCensus {

  private static final String UNKNOWN =
      """
      select object from pg_temp.listed except (
        select object from cas.deletions
        union all select unnest(pieces) from cas.bodies where pieces is not null
        union all select unnest(pieces) from cas.quarantine where pieces is not null
        union all select unnest(pieces) from cas.uploads)
      """;

  private final IndexDatabase database;

  public ObjectCensus(IndexDatabase database) {
    this.database = database;
  }

  /** What a listing has, page by page. */
  public interface Listing {
    void forEachPage(Consumer<List<UUID>> pages);
  }

  /** The objects that nobody knows; empty if another replica is at it. */
  public Optional<List<UUID>> unknown(Listing listing) {
    return Turn.ORPHANS.take(
        database,
        client -> {
          int _ = client.sql("create temporary table if not exists listed (object uuid)").update();
          try {
            listing.forEachPage(page -> enter(client, page));
            return client.sql(UNKNOWN).query(UUID.class).list();
          } finally {
            int _ = client.sql("drop table pg_temp.listed").update();
          }
        });
  }

  private static void enter(JdbcClient client, List<UUID> page) {
    int _ =
        client
            .sql("insert into pg_temp.listed select unnest(:objects)")
            .param("objects", new SqlArrayValue("uuid", page.toArray()))
            .update();
  }

  /** Enters objects to be deleted, from that time on. */
  public int condemn(List<UUID> objects, Instant due) {
    return database.query(client ->
        client
            .sql(
                """
                insert into cas.deletions (object, due_at) select unnest(:objects), :due
                on conflict (object) do nothing
                """)
            .param("objects", new SqlArrayValue("uuid", objects.toArray()))
            .param("due", BlobIndex.time(due))
            .update());
  }
}
