package dev.millrace.execution.store;

import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Queued;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Ends the actions that nobody follows any more. Each time only so many are looked at, and the next
 * time those that come after them, so that it costs no more when a hundred thousand wait.
 */
final class UnwatchedTasks {

  private static final UUID BEFORE_ALL = new UUID(0, 0);

  /** The most that one transaction ends. */
  private static final int MOST_AT_ONCE = 200;

  private final Database database;
  private final int page;

  /** The last one that was looked at. */
  private volatile UUID after = BEFORE_ALL;

  /**
   * @param page the most actions that are looked at each time
   */
  UnwatchedTasks(Database database, int page) {
    this.database = database;
    this.page = page;
  }

  /**
   * What a look found.
   *
   * @param last where the next one goes on
   */
  private record Found(List<UUID> unwatched, UUID last) {}

  /** Ends those that nobody has followed since; returns how many. */
  int stop(Instant since, Instant now) {
    Found found = database.transaction(sql -> look(sql, since));
    List<UUID> unwatched = found.unwatched();
    int stopped = 0;
    for (int from = 0; from < unwatched.size(); from += MOST_AT_ONCE) {
      List<UUID> some = unwatched.subList(from, Math.min(unwatched.size(), from + MOST_AT_ONCE));
      stopped += database.transaction(sql -> stop(sql, some, since, now));
    }
    after = found.last();
    return stopped;
  }

  private Found look(JdbcClient sql, Instant since) {
    List<UUID> unwatched = new ArrayList<>();
    AtomicReference<UUID> last = new AtomicReference<>(BEFORE_ALL);
    sql.sql(
            """
            with page as materialized (
              select id, row_number() over (order by id) as place from execution.tasks
              where stage <> 'COMPLETED' and id > :after order by id limit :page)
            select page.id, page.place, watched.task is not null as watched
            from page left join lateral (
              select o.task from execution.operations o
              where o.task = page.id and o.cancelled_at is null and o.watched_until > :since
              limit 1) watched on true
            where watched.task is null or page.place = :page
            """)
        .param("after", after)
        .param("page", page)
        .param("since", Database.at(since))
        .query(row -> {
          UUID task = row.getObject("id", UUID.class);
          if (row.getInt("place") == page) {
            last.set(task);
          }
          if (!row.getBoolean("watched")) {
            unwatched.add(task);
          }
        });
    return new Found(unwatched, last.get());
  }

  private static int stop(JdbcClient sql, List<UUID> found, Instant since, Instant now) {
    List<Task> tasks =
        TaskRows.lock(sql, found).stream()
            .filter(task -> !(task.state() instanceof Completed))
            .toList();
    // Somebody may have come back, or joined, since they were found.
    Set<UUID> watched = watched(sql, found, since);
    List<Task> unwatched = new ArrayList<>(tasks);
    boolean unused = unwatched.removeIf(task -> watched.contains(task.id()));
    LeaseRows.stop(
        sql, unwatched, Endings.cancelled("nobody followed the operation any more"), now);
    if (tasks.stream().anyMatch(t -> watched.contains(t.id()) && t.state() instanceof Queued)) {
      // Whoever gives out work passes over what is locked here.
      Database.announce(sql, Changes.QUEUE);
    }
    return unwatched.size();
  }

  private static Set<UUID> watched(JdbcClient sql, List<UUID> tasks, Instant since) {
    return Set.copyOf(
        sql.sql(
                """
                select task from execution.operations
                where task = any(cast(:tasks as uuid[])) and cancelled_at is null
                  and watched_until > :since
                """)
            .param("tasks", new Columns<>(tasks).texts(UUID::toString))
            .param("since", Database.at(since))
            .query((row, n) -> row.getObject("task", UUID.class))
            .list());
  }
}
