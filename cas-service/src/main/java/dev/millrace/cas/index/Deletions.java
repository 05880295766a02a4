package dev.millrace.cas.index;

import dev.millrace.failure.Failure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.SqlArrayValue;

/**
 * Objects that no blob has, each with the time when it is to be deleted. Every object is entered
 * here before its first byte is sent, so none is ever forgotten; who makes it part of a blob takes
 * it out, and can tell from that whether it is still to be had.
 */
public final class Deletions {

  private final IndexDatabase database;
  private final Duration life;
  private final Clock clock;

  /**
   * @param life how long an object may wait to become part of a blob
   */
  public Deletions(IndexDatabase database, Duration life, Clock clock) {
    this.database = database;
    this.life = life;
    this.clock = clock;
  }

  /** The key of a new object, which may be written from now on. */
  public UUID announce() {
    UUID object = UUID.randomUUID();
    int unused =
        database.query(client ->
            client
                .sql("insert into cas.deletions (object, due_at) values (?, ?)")
                .param(object)
                .param(BlobIndex.time(clock.instant().plus(life)))
                .update());
    return object;
  }

  /** Leaves objects to be deleted soon; those that a blob has by now stay. */
  public void release(List<Piece> pieces) {
    if (!pieces.isEmpty()) {
      boolean unused =
          database.query(client -> {
            release(client, pieces);
            return true;
          });
    }
  }

  void release(JdbcClient client, List<Piece> pieces) {
    int unused = setDue(client, pieces, clock.instant());
  }

  /** Gives objects another life; false if some are not there to be had any more. */
  boolean extend(JdbcClient client, List<Piece> pieces) {
    return setDue(client, pieces, clock.instant().plus(life)) == pieces.size();
  }

  private static int setDue(JdbcClient client, List<Piece> pieces, Instant due) {
    return client
        .sql(
            """
            with held as materialized (
              select object from cas.deletions where object = any(:objects) and not doomed
              order by object for update
            )
            update cas.deletions d set due_at = :due from held where d.object = held.object
            """)
        .param("objects", PieceColumns.objects(pieces))
        .param("due", BlobIndex.time(due))
        .update();
  }

  /** Takes objects out, for the blob that the same transaction makes of them. */
  void adopt(JdbcClient client, List<Piece> pieces) {
    int adopted =
        client
            .sql(
                """
                with held as materialized (
                  select object from cas.deletions where object = any(:objects) and not doomed
                  order by object for update
                )
                delete from cas.deletions d using held where d.object = held.object
                """)
            .param("objects", PieceColumns.objects(pieces))
            .update();
    if (adopted != pieces.size()) {
      throw new Failure.Unavailable("the blob took too long to arrive", null);
    }
  }

  /**
   * Deletes objects whose time has come. Nobody can make a blob of them while they are at it; what
   * cannot be deleted just now stays for the next time.
   *
   * @param most at once
   * @param delete deletes an object and says whether it is gone
   * @return how many are gone
   */
  public int deleteDue(int most, Predicate<UUID> delete) {
    doom(most);
    return database.transaction(client -> {
      Object[] gone = lockDoomed(client, most).stream().filter(delete).toArray();
      return client
          .sql("delete from cas.deletions where object = any(?)")
          .param(new SqlArrayValue("uuid", gone))
          .update();
    });
  }

  /**
   * Deletes objects whose time has come, many at once. Nobody can make a blob of them while they
   * are at it.
   *
   * @param most at once
   * @param retryAfter when those are tried again that could not be deleted
   * @param delete deletes objects and returns those that are gone
   */
  public Swept deleteDue(int most, Duration retryAfter, UnaryOperator<Set<UUID>> delete) {
    doom(most);
    return database.transaction(client -> {
      Set<UUID> due = lockDoomed(client, most);
      Set<UUID> gone = due.isEmpty() ? due : delete.apply(due);
      Set<UUID> left = new HashSet<>(due);
      left.removeAll(gone);
      int deleted =
          client
              .sql("delete from cas.deletions where object = any(?)")
              .param(new SqlArrayValue("uuid", gone.toArray()))
              .update();
      int _ =
          client
              .sql("update cas.deletions set due_at = ? where object = any(?)")
              .param(BlobIndex.time(clock.instant().plus(retryAfter)))
              .param(new SqlArrayValue("uuid", left.toArray()))
              .update();
      return new Swept(deleted, left.size());
    });
  }

  /**
   * Takes objects from those who might still make a blob of them, before one is asked to be
   * deleted: should that fail, or what is noted of it be lost, they may be gone all the same.
   */
  private void doom(int most) {
    int unused =
        database.query(client ->
            client
                .sql(
                    """
                    with due as materialized (
                      select object from cas.deletions where due_at <= ? and not doomed
                      order by due_at limit ? for update skip locked
                    )
                    update cas.deletions d set doomed = true from due where d.object = due.object
                    """)
                .param(BlobIndex.time(clock.instant()))
                .param(most)
                .update());
  }

  private Set<UUID> lockDoomed(JdbcClient client, int most) {
    return client
        .sql(
            """
            select object from cas.deletions where due_at <= ? and doomed
            order by due_at limit ? for update skip locked
            """)
        .param(BlobIndex.time(clock.instant()))
        .param(most)
        .query((row, _) -> row.getObject(1, UUID.class))
        .set();
  }

  /** How many objects are gone, and how many could not be deleted just now. */
  public record Swept(int gone, int left) {}
}
