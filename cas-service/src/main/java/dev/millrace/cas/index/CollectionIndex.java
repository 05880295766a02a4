package dev.millrace.cas.index;

import java.util.Optional;
import java.util.function.Function;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The index as collection sees it: by age and by instance, one collector at a time. */
public final class CollectionIndex {

  private final IndexDatabase database;
  private final Retention retention;

  /**
   * @param retention the same that all replicas' {@link BlobIndex} have, or a longer one
   */
  public CollectionIndex(IndexDatabase database, Retention retention) {
    this.database = database;
    this.retention = retention;
  }

  /** What is promised of blobs that someone was told of. */
  public Retention retention() {
    return retention;
  }

  /** Runs a round, unless one is running on any replica. */
  public <T> Optional<T> inTurn(Function<CollectionTurn, T> round) {
    return Turn.COLLECTION.take(
        database, client -> round.apply(new CollectionTurn(client, retention)));
  }

  /** The last round that has ended, on any replica. */
  public Optional<LastCollection> last() {
    return database.query(CollectionIndex::last);
  }

  static Optional<LastCollection> last(JdbcClient client) {
    return client
        .sql("select * from cas.last_collection")
        .query((row, _) ->
            new LastCollection(
                row.getTimestamp("started_at").toInstant(),
                row.getTimestamp("ended_at").toInstant(),
                new Tally(row.getLong("stored_blobs"), row.getLong("stored_bytes")),
                new Tally(row.getLong("condemned_blobs"), row.getLong("condemned_bytes")),
                new Tally(row.getLong("deleted_blobs"), row.getLong("deleted_bytes")),
                row.getLong("spared_blobs"),
                row.getLong("outstanding")))
        .optional();
  }
}
