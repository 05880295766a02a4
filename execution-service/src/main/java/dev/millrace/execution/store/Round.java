package dev.millrace.execution.store;

import static java.util.Objects.requireNonNull;

import dev.millrace.execution.operation.OperationEvent.Leased;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.scheduling.Assignment;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.BotSlots;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.FlowState;
import dev.millrace.execution.scheduling.QueuedAction;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.scheduling.Turns;
import dev.millrace.execution.scheduling.Work;
import dev.millrace.execution.store.FlowRows.Waiting;
import dev.millrace.execution.store.LeaseRows.Held;
import dev.millrace.execution.store.QueueRows.Queue;
import dev.millrace.execution.store.TaskRows.Change;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * One giving out of queued actions to bots that wait. Which flows are served is decided from
 * numbers; only the actions that are given out, and the bots that are given them, are looked at and
 * locked.
 */
record Round(
    FairShare shares,
    Turns turns,
    TimeoutPolicy timeouts,
    Duration expiry,
    Supplier<UUID> ids,
    GivenTasks given,
    Instant now) {

  /** Others wait for the rows that a round locks. */
  private static final int MOST_PLACES = 500;

  /** What came of it. */
  private record Lease(UUID id, Waiting action, String session) {

    private Held held() {
      return new Held(id, session);
    }
  }

  /**
   * Gives out what there is.
   *
   * @param waiting bots with room, as far as the caller knows
   * @param queues what is in them
   */
  Given run(JdbcClient sql, Collection<FreeBot> waiting, Queues queues) {
    int room = Math.min(MOST_PLACES, waiting.stream().mapToInt(FreeBot::free).sum());
    List<FlowState> flows = room > 0 ? FlowRows.waiting(sql, room) : List.of();
    if (flows.isEmpty()) {
      return Given.NOTHING;
    }
    Map<Long, Work> work = new HashMap<>();
    for (long id : FlowRows.queues(flows)) {
      Queue queue = queues.get(sql, id);
      work.put(id, new Work(queue.instance(), queue.requirements()));
    }
    List<FreeBot> useful = BotSlots.useful(waiting, work.values());
    List<Flow> places = useful.isEmpty() ? List.of() : places(sql, useful, flows, work);
    if (places.isEmpty()) {
      return Given.NOTHING;
    }
    List<Waiting> actions = FlowRows.lockOldest(sql, places);
    List<QueuedAction> queued = queued(actions, work);
    Set<String> chosen =
        Assignment.of(queued, useful).stream().map(Assignment::session).collect(Collectors.toSet());
    List<FreeBot> ready = SessionRows.lockFree(sql, chosen, queues);
    List<Lease> leases = leases(Assignment.of(queued, ready), actions);
    enter(sql, leases);
    given.add(
        leases.stream().collect(Collectors.toMap(Lease::held, lease -> lease.action().task())));
    if (leases.size() < actions.size()) {
      // Other replicas did not see what was locked here and is left over.
      Database.announce(sql, Changes.QUEUE);
    }
    return new Given(
        leases.stream().collect(Collectors.toMap(Lease::session, lease -> 1, Integer::sum)),
        less(useful, chosen, ready),
        leases.stream().map(lease -> lease.action().flow()).toList(),
        places.size() < MOST_PLACES);
  }

  /** Of the chosen ones, those that are not as they were thought to be. */
  static Set<String> less(Collection<FreeBot> waiting, Set<String> chosen, List<FreeBot> ready) {
    return waiting.stream()
        .filter(bot -> chosen.contains(bot.session()))
        .filter(bot -> !ready.contains(bot))
        .map(FreeBot::session)
        .collect(Collectors.toSet());
  }

  private List<Flow> places(
      JdbcClient sql, Collection<FreeBot> bots, List<FlowState> flows, Map<Long, Work> work) {
    List<FlowState> all = new ArrayList<>(flows);
    all.addAll(FlowRows.running(sql));
    all.addAll(turns.of(flows));
    List<Flow> places = shares.order(all, new BotSlots(bots, work), now);
    return places.subList(0, Math.min(MOST_PLACES, places.size()));
  }

  private static List<QueuedAction> queued(List<Waiting> actions, Map<Long, Work> work) {
    return actions.stream()
        .map(action -> {
          Work asked = requireNonNull(work.get(action.flow().queue()));
          return new QueuedAction(
              action.task().id(),
              asked.instance(),
              asked.requirements(),
              action.priority(),
              action.task().queuedAt(),
              action.avoidedSession());
        })
        .toList();
  }

  private List<Lease> leases(List<Assignment> assignments, List<Waiting> actions) {
    Map<UUID, Waiting> byId =
        actions.stream().collect(Collectors.toMap(action -> action.task().id(), action -> action));
    return assignments.stream()
        .map(one -> new Lease(ids.get(), requireNonNull(byId.get(one.action())), one.session()))
        .toList();
  }

  private void enter(JdbcClient sql, List<Lease> leases) {
    if (leases.isEmpty()) {
      return;
    }
    List<OperationState> unused =
        TaskRows.apply(
            sql,
            leases.stream()
                .map(lease -> new Change(lease.action().task(), new Leased(lease.id())))
                .toList(),
            now);
    Columns<Lease> columns = new Columns<>(leases);
    int inserted =
        sql.sql(
                """
                insert into execution.leases (id, task, session, team, team_user, invocation,
                  overdue_at, state, created_at, expires_at)
                select r.id, r.task, r.session, r.team, r.team_user, r.invocation,
                  cast(:now as timestamptz) + r.hold * interval '1 millisecond',
                  'PENDING', :now, :expires
                from unnest(cast(:id as uuid[]), cast(:task as uuid[]), cast(:session as text[]),
                  cast(:team as text[]), cast(:user as text[]), cast(:invocation as text[]),
                  cast(:hold as bigint[])) as r(id, task, session, team, team_user, invocation, hold)
                """)
            .param("id", columns.texts(lease -> lease.id().toString()))
            .param("task", columns.texts(lease -> lease.action().task().id().toString()))
            .param("session", columns.texts(Lease::session))
            .param("team", columns.texts(lease -> lease.action().flow().team()))
            .param("user", columns.texts(lease -> lease.action().flow().user()))
            .param("invocation", columns.texts(lease -> lease.action().flow().invocation()))
            .param("hold", columns.longs(lease -> hold(lease).toMillis()))
            .param("now", Database.at(now))
            .param("expires", Database.at(now.plus(expiry)))
            .update();
  }

  private Duration hold(Lease lease) {
    return timeouts.holdLimit(lease.action().task().timeout());
  }
}
