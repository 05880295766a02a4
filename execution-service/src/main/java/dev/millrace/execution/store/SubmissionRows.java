package dev.millrace.execution.store;

import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.Digest;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Actions on their way into the queue, many in one statement. */
final class SubmissionRows {

  /** In which order rows are locked, so that no two transactions wait for each other. */
  private static final Comparator<Row> ORDER =
      Comparator.<Row, String>comparing(row -> row.action().instance().value())
          .thenComparing(row -> row.action().digest().hash())
          .thenComparing(row -> row.action().digest().sizeBytes());

  private SubmissionRows() {}

  /** What makes two actions the same. */
  private record Key(String instance, int function, String hash, long size) {

    static Key of(InstanceName instance, Digest action) {
      return new Key(
          instance.value(), action.function().number(), action.hash(), action.sizeBytes());
    }
  }

  /** A caller's wish to join the run of an action. */
  record Join(InstanceName instance, Digest action, int priority, InliningWishes wishes) {

    private Key key() {
      return Key.of(instance, action);
    }
  }

  /** A run in flight, locked. */
  private record Run(UUID id, boolean queued, int priority) {}

  /**
   * An action and where it is to wait.
   *
   * @param queue what its instance and requirements make
   */
  record Row(Submission action, long queue) {

    private Row moreUrgentOf(Row other) {
      return other.action.priority() < action.priority() ? other : this;
    }

    private Key key() {
      return Key.of(action.instance(), action.digest());
    }

    private Join wish() {
      return new Join(action.instance(), action.digest(), action.priority(), InliningWishes.NONE);
    }
  }

  /**
   * Queues actions, or joins equal ones; returns the runs, in the order of the rows. There is none
   * for an action that somebody else entered at this very moment: it is to be tried again, in
   * another transaction, as it would have to be locked after others.
   */
  static List<Optional<UUID>> queue(
      JdbcClient sql, List<Row> wanted, Supplier<UUID> ids, Instant now) {
    Map<Key, Row> shared = new HashMap<>();
    Map<UUID, Row> rows = new LinkedHashMap<>();
    List<Optional<UUID>> alone = new ArrayList<>();
    for (Row row : wanted) {
      if (row.action().mergeable()) {
        shared.merge(row.key(), row, Row::moreUrgentOf);
        alone.add(Optional.empty());
      } else {
        UUID id = ids.get();
        rows.put(id, row);
        alone.add(Optional.of(id));
      }
    }
    shared.values().stream().sorted(ORDER).forEach(row -> rows.put(ids.get(), row));
    Map<Key, Run> runs = insert(sql, rows, now);
    hurry(sql, shared.values().stream().map(Row::wish).toList(), runs);
    List<Optional<UUID>> inOrder = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      Key key = wanted.get(i).key();
      inOrder.add(alone.get(i).or(() -> Optional.ofNullable(runs.get(key)).map(Run::id)));
    }
    return inOrder;
  }

  /**
   * Returns the runs that may be shared. Those that there are already are locked before anything is
   * written, in the order of their ids, as all lock tasks; what others enter at the same time is
   * waited for in the order of what is run.
   */
  private static Map<Key, Run> insert(JdbcClient sql, Map<UUID, Row> rows, Instant now) {
    Columns<Submission> columns = new Columns<>(rows.values().stream().map(Row::action).toList());
    Map<Key, Run> shared = new HashMap<>();
    sql.sql(
            """
            with held as materialized (
              select t.id, t.instance, t.digest_function, t.action_hash, t.action_size, t.priority,
                t.stage = 'QUEUED' as queued
              from execution.tasks t
              where (t.instance, t.digest_function, t.action_hash, t.action_size) in
                  (select k.instance, k.function, k.hash, k.size
                   from unnest(cast(:instance as text[]), cast(:function as integer[]),
                     cast(:hash as text[]), cast(:size as bigint[]), cast(:mergeable as boolean[]))
                     as k(instance, function, hash, size, mergeable)
                   where k.mergeable)
                and t.mergeable and t.stage <> 'COMPLETED'
              order by t.id for no key update),
            entered as (
              insert into execution.tasks (id, queue, instance, digest_function, action_hash,
                action_size, action, mergeable, do_not_cache, priority, timeout_millis, tool,
                invocation, target, mnemonic, team, team_user, stage, attempts, queued_at)
              select r.*, 'QUEUED', 0, :now
              from unnest(cast(:id as uuid[]), cast(:queue as bigint[]), cast(:instance as text[]),
                cast(:function as integer[]), cast(:hash as text[]), cast(:size as bigint[]),
                cast(:action as bytea[]), cast(:mergeable as boolean[]),
                cast(:doNotCache as boolean[]), cast(:priority as integer[]),
                cast(:timeout as bigint[]), cast(:tool as text[]), cast(:invocation as text[]),
                cast(:target as text[]), cast(:mnemonic as text[]), cast(:team as text[]),
                cast(:user as text[])) as r
              where (select count(*) from held) >= 0
              on conflict (instance, digest_function, action_hash, action_size)
                where mergeable and stage <> 'COMPLETED' do nothing
              returning id, instance, digest_function, action_hash, action_size, mergeable,
                priority)
            select id, instance, digest_function, action_hash, action_size, priority, queued
            from held
            union all
            select id, instance, digest_function, action_hash, action_size, priority, true
            from entered where mergeable
            """)
        .param("id", rows.keySet().stream().map(UUID::toString).toArray(String[]::new))
        .param("queue", rows.values().stream().mapToLong(Row::queue).toArray())
        .param("instance", columns.texts(s -> s.instance().value()))
        .param("function", columns.ints(s -> s.digest().function().number()))
        .param("hash", columns.texts(s -> s.digest().hash()))
        .param("size", columns.longs(s -> s.digest().sizeBytes()))
        .param("action", columns.bytes(s -> s.action().toByteArray()))
        .param("mergeable", columns.booleans(Submission::mergeable))
        .param("doNotCache", columns.booleans(Submission::doNotCache))
        .param("priority", columns.ints(Submission::priority))
        .param("timeout", columns.longs(s -> s.timeout().toMillis()))
        .param("tool", columns.texts(s -> s.origin().tool()))
        .param("invocation", columns.texts(s -> s.origin().invocation()))
        .param("target", columns.texts(s -> s.origin().target()))
        .param("mnemonic", columns.texts(s -> s.origin().mnemonic()))
        .param("team", columns.texts(s -> s.party().team()))
        .param("user", columns.texts(s -> s.party().user()))
        .param("now", Database.at(now))
        .query(row -> {
          shared.put(key(row), run(row));
        });
    return shared;
  }

  /** The runs in flight that may be shared, locked; in the order of the wishes. */
  static List<Optional<UUID>> find(JdbcClient sql, List<Join> wishes) {
    Map<Key, Run> found = lock(sql, wishes);
    hurry(sql, wishes, found);
    return wishes.stream()
        .map(wish -> Optional.ofNullable(found.get(wish.key())).map(Run::id))
        .toList();
  }

  /** They are found by what they run, and locked in the order of their ids, as all lock tasks. */
  private static Map<Key, Run> lock(JdbcClient sql, List<Join> wishes) {
    Columns<Join> columns = new Columns<>(wishes);
    Map<Key, Run> found = new HashMap<>();
    sql.sql(
            """
            select t.id, t.instance, t.digest_function, t.action_hash, t.action_size, t.priority,
              t.stage = 'QUEUED' as queued
            from execution.tasks t
            where (t.instance, t.digest_function, t.action_hash, t.action_size) in
                (select * from unnest(cast(:instance as text[]), cast(:function as integer[]),
                  cast(:hash as text[]), cast(:size as bigint[])))
              and t.mergeable and t.stage <> 'COMPLETED'
            order by t.id for no key update
            """)
        .param("instance", columns.texts(w -> w.instance().value()))
        .param("function", columns.ints(w -> w.action().function().number()))
        .param("hash", columns.texts(w -> w.action().hash()))
        .param("size", columns.longs(w -> w.action().sizeBytes()))
        .query(row -> {
          found.put(key(row), run(row));
        });
    return found;
  }

  private static Run run(ResultSet row) throws SQLException {
    return new Run(
        row.getObject("id", UUID.class), row.getBoolean("queued"), row.getInt("priority"));
  }

  private static Key key(ResultSet row) throws SQLException {
    return new Key(
        row.getString("instance"),
        row.getInt("digest_function"),
        row.getString("action_hash"),
        row.getLong("action_size"));
  }

  /** What waits becomes as urgent as the most urgent who wants it. Few want more than was asked. */
  private static void hurry(JdbcClient sql, List<Join> wishes, Map<Key, Run> found) {
    Map<UUID, Integer> urgent = new LinkedHashMap<>();
    for (Join wish : wishes) {
      @Nullable Run run = found.get(wish.key());
      if (run != null && run.queued() && wish.priority() < run.priority()) {
        urgent.merge(run.id(), wish.priority(), Math::min);
      }
    }
    if (urgent.isEmpty()) {
      return;
    }
    int unused =
        sql.sql(
                """
                update execution.tasks t set priority = r.priority
                from unnest(cast(:id as uuid[]), cast(:priority as integer[])) as r(id, priority)
                where t.id = r.id
                """)
            .param("id", new Columns<>(urgent.keySet()).texts(UUID::toString))
            .param("priority", new Columns<>(urgent.values()).ints(Integer::intValue))
            .update();
  }

  /**
   * An operation to be entered for one caller.
   *
   * @param task the run that it stands for
   */
  record NewOperation(OperationName name, UUID task, InliningWishes wishes) {}

  /** Enters operations that nobody has to have asked for again before {@code watchedUntil}. */
  static void enter(
      JdbcClient sql, List<NewOperation> operations, Instant now, Instant watchedUntil) {
    Columns<NewOperation> columns = new Columns<>(operations);
    int unused =
        sql.sql(
                """
                insert into execution.operations (id, task, instance, inline_stdout, inline_stderr,
                  inline_output_files, created_at, watched_until)
                select r.*, '{}', :now, :until
                from unnest(cast(:id as uuid[]), cast(:task as uuid[]), cast(:instance as text[]),
                  cast(:stdout as boolean[]), cast(:stderr as boolean[])) as r
                """)
            .param("id", columns.texts(o -> o.name().id().toString()))
            .param("task", columns.texts(o -> o.task().toString()))
            .param("instance", columns.texts(o -> o.name().instance().value()))
            .param("stdout", columns.booleans(o -> o.wishes().stdout()))
            .param("stderr", columns.booleans(o -> o.wishes().stderr()))
            .param("now", Database.at(now))
            .param("until", Database.at(watchedUntil))
            .update();
    operations.stream()
        .filter(operation -> !operation.wishes().outputFiles().isEmpty())
        .forEach(operation -> wishForFiles(sql, operation));
  }

  /** Few wish for that. */
  private static void wishForFiles(JdbcClient sql, NewOperation operation) {
    int unused =
        sql.sql(
                """
                update execution.operations set inline_output_files = cast(:files as text[])
                where id = :id
                """)
            .param("id", operation.name().id())
            .param("files", operation.wishes().outputFiles().toArray(String[]::new))
            .update();
  }
}
