package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.Action;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.Prospect.KnownWorker;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.LeaseRows.Problem;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Sessions of bots, and what they report. A bot that was away and comes back goes on with its
 * session; a session is gone for good only once the bot ended it, opened another one, or was not
 * seen for so long that it is forgotten.
 */
public final class SessionStore {

  /** The most bots that one transaction serves. */
  private static final int MOST_AT_ONCE = 200;

  private final Database database;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final AttemptPolicy attempts;
  private final Duration expiry;
  private final Queues queues;
  private final Together<BotReport, Optional<List<HeldLease>>> signs;
  private final Together<String, Optional<List<HeldLease>>> looks;

  /**
   * @param expiry how long a session lasts without a sign of its bot
   */
  public SessionStore(
      Database database, Clock clock, Supplier<UUID> ids, AttemptPolicy attempts, Duration expiry) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.attempts = attempts;
    this.expiry = expiry;
    queues = new Queues(database);
    signs = new Together<>(MOST_AT_ONCE, this::report);
    looks = new Together<>(MOST_AT_ONCE, this::leases);
  }

  /** Opens a session, and ends the one that the bot had before; its leases go to others. */
  public String open(BotSession session) {
    return database.transaction(sql -> {
      Drains.hold(sql);
      serialise(sql, session);
      existing(sql, session).ifPresent(old -> remove(sql, old));
      String name = session.instance().prefix() + "sessions/" + ids.get();
      insert(sql, name, session);
      return name;
    });
  }

  /** Two sessions of one bot may be opened at once: one after the other then. */
  private static void serialise(JdbcClient sql, BotSession session) {
    String unused =
        sql.sql("select pg_advisory_xact_lock(hashtextextended(:bot, 0))::text")
            .param("bot", "execution.sessions " + session.instance() + " " + session.botId())
            .query(String.class)
            .single();
  }

  private static Optional<String> existing(JdbcClient sql, BotSession session) {
    return sql.sql(
            """
            select name from execution.sessions
            where instance = :instance and bot_id = :bot for update
            """)
        .param("instance", session.instance().value())
        .param("bot", session.botId())
        .query(String.class)
        .optional();
  }

  private void remove(JdbcClient sql, String session) {
    leases(sql, List.of(session))
        .getFirst()
        .orElse(List.of())
        .forEach(lease -> lose(sql, session, lease, /* atPeace= */ false));
    int unused =
        sql.sql("delete from execution.sessions where name = :name")
            .param("name", session)
            .update();
    Database.announce(sql, Changes.session(session));
  }

  private void insert(JdbcClient sql, String name, BotSession session) {
    List<Property> properties = QueueRows.properties(session.offer());
    Instant now = clock.instant();
    int unused =
        sql.sql(
                """
                insert into execution.sessions (name, instance, serves_below, bot_id,
                  property_names, property_values, capacity, accepts_work, drained, seen_at,
                  expires_at)
                values (:name, :instance, :below, :bot, cast(:names as text[]),
                  cast(:values as text[]), :capacity, :accepts, :drained, :now, :expires)
                """)
            .param("name", name)
            .param("instance", session.instance().value())
            .param("below", session.offer().below())
            .param("bot", session.botId())
            .param("names", QueueRows.names(properties))
            .param("values", QueueRows.values(properties))
            .param("capacity", session.capacity())
            .param("accepts", session.acceptsWork())
            .param("drained", Drains.match(sql, session, now))
            .param("now", Database.at(now))
            .param("expires", Database.at(now.plus(expiry)))
            .update();
  }

  /**
   * Takes a report of a bot, which renews the session and the leases in it.
   *
   * @param reports the leases that the bot has and is not done with
   * @return the leases that it is to have
   * @throws Failure.NotFound if the session is gone for good
   */
  public List<HeldLease> report(String name, BotSession session, List<LeaseReport> reports) {
    return held(name, signs.ask(new BotReport(name, session, reports)));
  }

  private static List<HeldLease> held(String name, Optional<List<HeldLease>> leases) {
    return leases.orElseThrow(() -> gone(name));
  }

  /** Nothing for sessions that are gone. */
  private List<Optional<List<HeldLease>>> report(List<BotReport> signs) {
    return database.transaction(sql -> report(sql, signs));
  }

  private List<Optional<List<HeldLease>>> report(JdbcClient sql, List<BotReport> signs) {
    ReportRows.renewSessions(sql, signs, clock.instant(), expiry);
    if (signs.stream().anyMatch(sign -> !sign.leases().isEmpty())) {
      ReportRows.renewLeases(sql, signs, clock.instant().plus(expiry));
    }
    for (BotReport sign : signs) {
      sign.leases().forEach(report -> take(sql, sign.session(), report));
    }
    ReportRows.dropUnreported(sql, signs);
    return leases(sql, signs.stream().map(BotReport::session).toList());
  }

  private static Failure.NotFound gone(String name) {
    return new Failure.NotFound(
        "there is no bot session '" + name + "': it was ended, or replaced by a newer one");
  }

  /** What a report says beyond that the bot still has the lease. */
  private void take(JdbcClient sql, String session, LeaseReport report) {
    switch (report.state()) {
      case PENDING -> {}
      case ACTIVE ->
          report
              .partialMetadata()
              .ifPresent(partial -> keep(sql, report.id(), partial.toByteArray()));
      case CANCELLED -> {
        Optional<Task> task = LeaseRows.lockTaskOf(sql, report.id(), session);
        if (task.isPresent()) {
          Problem problem = new Problem(Code.UNAVAILABLE, "the worker stopped the action itself");
          LeaseRows.fail(sql, task.get(), report.id(), problem, attempts, clock.instant());
        } else {
          drop(sql, session, report.id());
        }
      }
    }
  }

  private static void keep(JdbcClient sql, UUID lease, byte[] partialMetadata) {
    Optional<UUID> changed =
        sql.sql(
                """
                update execution.tasks set partial_metadata = :partial
                where stage = 'EXECUTING' and lease = :lease
                  and id = (select task from execution.leases where id = :lease)
                  and partial_metadata is distinct from :partial
                returning id
                """)
            .param("partial", partialMetadata)
            .param("lease", lease)
            .query(UUID.class)
            .optional();
    changed.ifPresent(task -> Database.announce(sql, Changes.task(task)));
  }

  private static void drop(JdbcClient sql, String session, UUID lease) {
    int unused =
        sql.sql("delete from execution.leases where id = :id and session = :session")
            .param("id", lease)
            .param("session", session)
            .update();
  }

  /**
   * The leases that a session is to have.
   *
   * @throws Failure.NotFound if the session is gone for good
   */
  public List<HeldLease> leases(String name) {
    return held(name, looks.ask(name));
  }

  private List<Optional<List<HeldLease>>> leases(List<String> names) {
    return database.transaction(sql -> leases(sql, names));
  }

  private List<Optional<List<HeldLease>>> leases(JdbcClient sql, List<String> names) {
    Map<String, List<Row>> held = new HashMap<>();
    sql.sql(
            """
            select s.name, l.id as lease_id, l.state, l.expires_at, t.instance, t.digest_function,
              t.action, t.queue
            from execution.sessions s
              left join execution.leases l on l.session = s.name
              left join execution.tasks t on t.id = l.task
            where s.name = any(cast(:names as text[])) and s.ended_at is null
            order by l.created_at, l.id
            """)
        .param("names", names.toArray(String[]::new))
        .query(row -> {
          List<Row> own = held.computeIfAbsent(row.getString("name"), name -> new ArrayList<>());
          if (row.getObject("lease_id") != null) {
            own.add(read(row));
          }
        });
    return names.stream()
        .map(name ->
            Optional.ofNullable(held.get(name))
                .map(rows -> rows.stream().map(row -> held(sql, row)).toList()))
        .toList();
  }

  /** A lease as it is stored. */
  private record Row(
      UUID id,
      State state,
      String instance,
      int function,
      byte[] action,
      Instant expiresAt,
      long queue) {}

  private static Row read(ResultSet row) throws SQLException {
    return new Row(
        row.getObject("lease_id", UUID.class),
        State.valueOf(row.getString("state")),
        row.getString("instance"),
        row.getInt("digest_function"),
        row.getBytes("action"),
        TaskRows.instant(row, "expires_at"),
        row.getLong("queue"));
  }

  private HeldLease held(JdbcClient sql, Row row) {
    DigestFunction function =
        DigestFunction.ofNumber(row.function())
            .orElseThrow(() -> new Failure.Corrupt("a stored action's digest function", null));
    return new HeldLease(
        row.id(),
        row.state(),
        new InstanceName(row.instance()),
        function,
        action(row.action()),
        row.expiresAt(),
        queues.get(sql, row.queue()).resources());
  }

  private static Action action(byte[] bytes) {
    try {
      return Action.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new Failure.Corrupt("a stored action does not parse", e);
    }
  }

  /**
   * Takes the report of a bot that is about to end: what it has begun it may still finish, all else
   * goes to others. Once it has nothing left, the session is over.
   *
   * @param reports the leases that the bot has and is not done with
   * @return the leases that it is to have
   */
  public List<HeldLease> leave(String name, BotSession session, List<LeaseReport> reports) {
    return database.transaction(sql -> {
      BotReport sign = new BotReport(name, session, reports);
      List<HeldLease> had = held(name, report(sql, List.of(sign)).getFirst());
      for (HeldLease lease : had) {
        boolean begun =
            reports.stream().anyMatch(r -> r.id().equals(lease.id()) && r.state() != State.PENDING);
        if (!begun) {
          lose(sql, name, lease, /* atPeace= */ true);
        }
      }
      List<HeldLease> left = held(name, leases(sql, List.of(name)).getFirst());
      if (left.isEmpty()) {
        end(sql, name);
      }
      return left;
    });
  }

  private void end(JdbcClient sql, String name) {
    int unused =
        sql.sql(
                """
                update execution.sessions set ended_at = :now, accepts_work = false
                where name = :name
                """)
            .param("now", Database.at(clock.instant()))
            .param("name", name)
            .update();
  }

  /**
   * @param atPeace the bot says itself that it gives back what it did not begin: that is no attempt
   */
  private void lose(JdbcClient sql, String session, HeldLease lease, boolean atPeace) {
    Optional<Task> task = LeaseRows.lockTaskOf(sql, lease.id(), session);
    if (task.isEmpty()) {
      LeaseRows.delete(sql, lease.id());
    } else if (atPeace && lease.state() == State.PENDING) {
      LeaseRows.handBack(sql, task.get(), lease.id(), clock.instant());
    } else {
      Problem problem =
          new Problem(Code.FAILED_PRECONDITION, "the worker ended while it had the action");
      LeaseRows.fail(sql, task.get(), lease.id(), problem, attempts, clock.instant());
    }
  }

  /** Workers that are or were here. */
  public List<KnownWorker> known() {
    Instant now = clock.instant();
    return database.transaction(sql ->
        sql.sql("select * from execution.sessions")
            .query((row, n) ->
                new KnownWorker(
                    QueueRows.offer(row),
                    row.getObject("ended_at") == null
                        && !row.getBoolean("drained")
                        && TaskRows.instant(row, "expires_at").isAfter(now)))
            .list());
  }

  /** Forgets workers that were not seen since; returns how many. */
  public int forgetUnseenSince(Instant moment) {
    return database.transaction(sql ->
        sql.sql(
                """
                delete from execution.sessions s where seen_at < :moment
                  and not exists (select 1 from execution.leases l where l.session = s.name)
                """)
            .param("moment", Database.at(moment))
            .update());
  }
}
