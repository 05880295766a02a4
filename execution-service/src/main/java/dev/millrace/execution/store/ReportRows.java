package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.LeaseRows.Held;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Signs of life of many bots in a few statements; what has not changed is rarely written. */
final class ReportRows {

  /** A sign of life is written if the last one written is older than this part of the expiry. */
  private static final int FRESH_PART = 6;

  private ReportRows() {}

  /** Renews the sessions that there are. */
  static void renewSessions(
      JdbcClient sql,
      Collection<BotReport> reports,
      Map<String, SessionLook> looks,
      Instant now,
      Duration expiry) {
    Instant fresh = now.minus(expiry.dividedBy(FRESH_PART));
    Set<String> seen = new LinkedHashSet<>();
    // Of two reports of one session the later one holds.
    Map<String, BotReport> changed = new LinkedHashMap<>();
    for (BotReport report : reports) {
      @Nullable SessionLook before = looks.get(report.session());
      if (before == null) {
        continue;
      }
      boolean still = before.bot().isStill(report.bot());
      if (still) {
        changed.remove(report.session());
      } else {
        changed.put(report.session(), report);
      }
      if (before.bot().seenAt().isBefore(fresh) || !still) {
        seen.add(report.session());
      }
    }
    if (!seen.isEmpty()) {
      see(sql, seen, now, now.plus(expiry));
    }
    // They are locked by now, in the order that all keep.
    changed.values().forEach(report -> rewrite(sql, report));
  }

  private static void rewrite(JdbcClient sql, BotReport report) {
    List<Property> properties = QueueRows.properties(report.bot().offer());
    int unused =
        sql.sql(
                """
                update execution.sessions
                set accepts_work = :accepts, capacity = :capacity, serves_below = :below,
                    property_names = cast(:names as text[]),
                    property_values = cast(:values as text[])
                where name = :name and ended_at is null
                """)
            .param("accepts", report.bot().acceptsWork())
            .param("capacity", report.bot().capacity())
            .param("below", report.bot().offer().below())
            .param("names", QueueRows.names(properties))
            .param("values", QueueRows.values(properties))
            .param("name", report.session())
            .update();
  }

  private static void see(JdbcClient sql, Set<String> sessions, Instant now, Instant until) {
    int unused =
        sql.sql(
                """
                with here as materialized (
                  select name from execution.sessions
                  where name = any(cast(:names as text[])) and ended_at is null
                  order by name collate "C" for no key update)
                update execution.sessions s set seen_at = :now, expires_at = :until
                from here where s.name = here.name
                """)
            .param("names", sessions.toArray(String[]::new))
            .param("now", Database.at(now))
            .param("until", Database.at(until))
            .update();
  }

  private record Reported(String session, LeaseReport lease) {}

  /**
   * Renews the leases that bots say they have; those of others are not theirs to renew. What
   * somebody else renews or ends just now is left to them.
   */
  static void renewLeases(JdbcClient sql, Collection<BotReport> reports, Instant until) {
    Columns<Reported> columns =
        new Columns<>(
            reports.stream()
                .flatMap(r -> r.leases().stream().map(lease -> new Reported(r.session(), lease)))
                .filter(reported -> reported.lease().state() != State.CANCELLED)
                .toList());
    int unused =
        sql.sql(
                """
                with reported as (
                  select lease, session, bool_or(begun) as begun
                  from unnest(cast(:lease as uuid[]), cast(:session as text[]),
                    cast(:begun as boolean[])) as r(lease, session, begun)
                  group by lease, session),
                held as materialized (
                  select l.id, r.begun from execution.leases l
                    join reported r on l.id = r.lease and l.session = r.session
                  for no key update of l skip locked)
                update execution.leases l
                set expires_at = :until,
                    state = case when h.begun and l.state = 'PENDING' then 'ACTIVE' else l.state end
                from held h where l.id = h.id
                """)
            .param("lease", columns.texts(reported -> reported.lease().id().toString()))
            .param("session", columns.texts(Reported::session))
            .param("begun", columns.booleans(r -> r.lease().state() == State.ACTIVE))
            .param("until", Database.at(until))
            .update();
  }

  /** What was to be stopped and its bot does not have, is stopped; whether there was any. */
  static boolean dropUnreported(
      JdbcClient sql, Collection<BotReport> reports, Map<String, SessionLook> looks) {
    List<Held> stopped = new ArrayList<>();
    for (BotReport report : reports) {
      @Nullable SessionLook look = looks.get(report.session());
      Set<UUID> reported =
          report.leases().stream().map(LeaseReport::id).collect(Collectors.toSet());
      if (look != null) {
        look.leases().stream()
            .filter(lease -> lease.state() == State.CANCELLED && !reported.contains(lease.id()))
            .forEach(lease -> stopped.add(new Held(lease.id(), report.session())));
      }
    }
    if (!stopped.isEmpty()) {
      LeaseRows.dropStopped(sql, stopped);
    }
    return !stopped.isEmpty();
  }
}
