package dev.millrace.execution.store;

import com.google.rpc.Code;
import dev.millrace.database.Together;
import dev.millrace.database.Together.Bounds;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.Prospect.KnownWorker;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.LeaseRows.Held;
import dev.millrace.execution.store.LeaseRows.Problem;
import dev.millrace.failure.Failure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Sessions of bots, and what they report. A bot that was away and comes back goes on with its
 * session; a session is gone for good only once the bot ended it, opened another one, or was not
 * seen for so long that it is forgotten.
 */
public final class SessionStore {

  /** The most bots that one transaction serves. */
  private static final int MOST_AT_ONCE = 200;

  /** The most bytes of what is told of running actions that one statement brings. */
  private static final long MOST_BYTES = 4 * 1024 * 1024;

  /** For so long it does not matter that a worker came or went elsewhere. */
  private static final Duration FRESH = Duration.ofSeconds(1);

  private final Database database;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final AttemptPolicy attempts;
  private final Duration expiry;
  private final Queues queues;
  private final KnownWorkers workers;
  private final Together<BotReport, Optional<Standing>> signs;
  private final Together<String, Optional<Standing>> looks;

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
    workers = new KnownWorkers(database, clock, System::nanoTime, FRESH);
    signs =
        new Together<>(
            Bounds.<BotReport>most(MOST_AT_ONCE).heaviest(MOST_BYTES, BotReport::bytes),
            this::report);
    looks = new Together<>(MOST_AT_ONCE, this::look);
  }

  /** Opens a session, and ends the one that the bot had before; its leases go to others. */
  public String open(BotSession session) {
    String opened =
        database.transaction(sql -> {
          Drains.hold(sql);
          SessionRows.serialise(sql, session);
          SessionRows.lockOf(sql, session).ifPresent(old -> remove(sql, old));
          String name = session.instance().prefix() + "sessions/" + ids.get();
          Instant now = clock.instant();
          SessionRows.insert(sql, name, session, now, now.plus(expiry));
          return name;
        });
    workers.forget();
    return opened;
  }

  private void remove(JdbcClient sql, String session) {
    List<HeldLease> had =
        look(sql, List.of(session)).getFirst().map(Standing::leases).orElse(List.of());
    lose(sql, session, had, /* atPeace= */ false);
    SessionRows.delete(sql, session);
    Database.announce(sql, Changes.session(session));
  }

  /**
   * Takes a report of a bot, which renews the session and the leases in it.
   *
   * @param reports the leases that the bot has and is not done with
   * @throws Failure.NotFound if the session is gone for good
   */
  public Standing report(String name, BotSession session, List<LeaseReport> reports) {
    return there(name, signs.ask(new BotReport(name, session, reports)));
  }

  private static Standing there(String name, Optional<Standing> standing) {
    return standing.orElseThrow(() ->
        new Failure.NotFound(
            "there is no bot session '" + name + "': it was ended, or replaced by a newer one"));
  }

  /** Nothing for sessions that are gone. */
  private List<Optional<Standing>> report(List<BotReport> signs) {
    return database.transaction(sql -> report(sql, signs));
  }

  private List<Optional<Standing>> report(JdbcClient sql, List<BotReport> signs) {
    List<String> names = signs.stream().map(BotReport::session).toList();
    Map<String, SessionLook> before = SessionLook.at(sql, names);
    ReportRows.renewSessions(sql, signs, before, clock.instant(), expiry);
    boolean reported = signs.stream().anyMatch(sign -> !sign.leases().isEmpty());
    if (reported) {
      new ReportedNews(attempts, clock.instant()).take(sql, signs);
      ReportRows.renewLeases(sql, signs, clock.instant().plus(expiry));
    }
    boolean dropped = ReportRows.dropUnreported(sql, signs, before);
    return standings(sql, names, reported || dropped ? SessionLook.at(sql, names) : before);
  }

  /**
   * How it stands with a session.
   *
   * @throws Failure.NotFound if the session is gone for good
   */
  public Standing standing(String name) {
    return there(name, looks.ask(name));
  }

  /** The leases that a session is to have. */
  public List<HeldLease> leases(String name) {
    return standing(name).leases();
  }

  private List<Optional<Standing>> look(List<String> names) {
    return database.read(sql -> look(sql, names));
  }

  private List<Optional<Standing>> look(JdbcClient sql, List<String> names) {
    return standings(sql, names, SessionLook.at(sql, names));
  }

  private List<Optional<Standing>> standings(
      JdbcClient sql, List<String> names, Map<String, SessionLook> looks) {
    return names.stream()
        .map(name -> Optional.ofNullable(looks.get(name)).map(look -> look.standing(sql, queues)))
        .toList();
  }

  /**
   * Takes the report of a bot that is about to end: what it has begun it may still finish, all else
   * goes to others. Once it has nothing left, the session is over.
   *
   * @param reports the leases that the bot has and is not done with
   * @return the leases that it is to have
   */
  public List<HeldLease> leave(String name, BotSession session, List<LeaseReport> reports) {
    Set<UUID> begun =
        reports.stream()
            .filter(report -> report.state() != State.PENDING)
            .map(LeaseReport::id)
            .collect(Collectors.toSet());
    Standing reported = report(name, session, reports);
    List<HeldLease> lost =
        reported.leases().stream().filter(lease -> !begun.contains(lease.id())).toList();
    List<HeldLease> left =
        database.transaction(sql -> {
          SessionRows.lock(sql, name);
          lose(sql, name, lost, /* atPeace= */ true);
          List<HeldLease> kept = there(name, look(sql, List.of(name)).getFirst()).leases();
          if (kept.isEmpty()) {
            SessionRows.end(sql, name, clock.instant());
          }
          return kept;
        });
    workers.forget();
    return left;
  }

  /**
   * @param atPeace the bot says itself that it gives back what it did not begin: that is no attempt
   */
  private void lose(JdbcClient sql, String session, List<HeldLease> leases, boolean atPeace) {
    if (leases.isEmpty()) {
      return;
    }
    Map<Held, Task> tasks =
        LeaseRows.lockTasksOf(
            sql, leases.stream().map(lease -> new Held(lease.id(), session)).toList());
    Instant now = clock.instant();
    for (HeldLease lease : leases) {
      @Nullable Task task = tasks.get(new Held(lease.id(), session));
      if (task == null) {
        LeaseRows.delete(sql, lease.id());
      } else if (atPeace && lease.state() == State.PENDING) {
        LeaseRows.handBack(sql, task, lease.id(), now);
      } else {
        Problem problem =
            new Problem(Code.FAILED_PRECONDITION, "the worker ended while it had the action");
        LeaseRows.fail(sql, task, lease.id(), problem, attempts, now);
      }
    }
  }

  /** Workers that are or were here, as they were known a moment ago. */
  public List<KnownWorker> known() {
    return workers.recent();
  }

  /** The same as they are, for decisions that are final. */
  public List<KnownWorker> knownNow() {
    return workers.current();
  }

  /** Forgets workers that were not seen since; returns how many. */
  public int forgetUnseenSince(Instant moment) {
    int forgotten =
        database.transaction(sql ->
            sql.sql(
                    """
                    with old as materialized (
                      select name from execution.sessions s where seen_at < :moment
                        and not exists (select 1 from execution.leases l where l.session = s.name)
                      order by name collate "C" for update skip locked)
                    delete from execution.sessions s using old where s.name = old.name
                    """)
                .param("moment", Database.at(moment))
                .update());
    if (forgotten > 0) {
      workers.forget();
    }
    return forgotten;
  }
}
