package dev.millrace.execution.store;

import static java.util.Objects.requireNonNull;

import dev.millrace.execution.operation.OperationEvent.LeasedAgain;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.scheduling.Assignment;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.FlowState;
import dev.millrace.execution.scheduling.Hedging;
import dev.millrace.execution.scheduling.Hedging.Demand;
import dev.millrace.execution.scheduling.Hedging.Suspect;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.scheduling.Work;
import dev.millrace.execution.store.HedgeRows.Hedge;
import dev.millrace.execution.store.QueueRows.Queue;
import dev.millrace.execution.store.TaskRows.Change;
import java.time.Clock;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Gives what seems to hang to a second bot, where nothing that waits has a use for the slot. As
 * long as nothing seems to hang, a look is a single statement over what is with bots for long.
 */
public final class Hedges {

  private static final Logger log = LoggerFactory.getLogger(Hedges.class);

  /** Any are soon looked for again. */
  private static final int MOST_AT_ONCE = 100;

  private final Database database;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final Hedging hedging;
  private final TimeoutPolicy timeouts;
  private final Duration expiry;
  private final Queues queues;

  /**
   * @param expiry how long a lease lasts without being reported
   */
  public Hedges(
      Database database,
      Clock clock,
      Supplier<UUID> ids,
      Hedging hedging,
      TimeoutPolicy timeouts,
      Duration expiry) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.hedging = hedging;
    this.timeouts = timeouts;
    this.expiry = expiry;
    queues = new Queues(database);
  }

  /**
   * Looks once for what seems to hang.
   *
   * @param waiting bots with room, as far as the caller knows
   */
  public Given give(Collection<FreeBot> waiting) {
    List<Suspect> hanging = waiting.isEmpty() ? List.of() : database.transaction(this::hanging);
    if (hanging.isEmpty()) {
      return Given.NOTHING;
    }
    return database.transaction(sql -> give(sql, hanging, waiting));
  }

  private List<Suspect> hanging(JdbcClient sql) {
    Instant now = clock.instant();
    List<Suspect> suspects =
        HedgeRows.suspects(sql, now.minus(hedging.policy().atLeast()), now, queues);
    return hedging.hanging(suspects).stream().limit(MOST_AT_ONCE).toList();
  }

  /** Bots are locked before what they get, as that is with other bots which may report it now. */
  private Given give(JdbcClient sql, List<Suspect> hanging, Collection<FreeBot> waiting) {
    Demand demand = demand(sql);
    Set<String> chosen =
        hedging.assign(hanging, waiting, demand).stream()
            .map(Assignment::session)
            .collect(Collectors.toSet());
    if (chosen.isEmpty()) {
      return Given.NOTHING;
    }
    List<FreeBot> ready = SessionRows.lockFree(sql, chosen, queues);
    Map<UUID, Task> tasks = HedgeRows.lock(sql, hanging);
    List<Suspect> still =
        hanging.stream().filter(suspect -> tasks.containsKey(suspect.action().id())).toList();
    List<Hedge> hedges =
        hedging.assign(still, ready, demand).stream()
            .map(one -> hedge(requireNonNull(tasks.get(one.action())), one.session()))
            .toList();
    enter(sql, hedges);
    return new Given(
        hedges.stream().collect(Collectors.toMap(Hedge::session, hedge -> 1, Integer::sum)),
        Round.less(waiting, chosen, ready),
        List.of(),
        /* isAll= */ true);
  }

  private Hedge hedge(Task task, String session) {
    log.info("{} seems to hang: a second worker is given it, too", task.action());
    return new Hedge(ids.get(), task, session, timeouts.holdLimit(task.timeout()));
  }

  private void enter(JdbcClient sql, List<Hedge> hedges) {
    if (hedges.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    List<Change> changes =
        hedges.stream().map(one -> new Change(one.task(), new LeasedAgain(one.id()))).toList();
    List<OperationState> unused = TaskRows.apply(sql, changes, now);
    HedgeRows.enter(sql, hedges, now, now.plus(expiry));
  }

  private Demand demand(JdbcClient sql) {
    List<FlowState> flows = new ArrayList<>(FlowRows.waiting(sql, /* most= */ 1));
    Map<Long, Work> works = new HashMap<>();
    for (long id : FlowRows.queues(flows)) {
      Queue queue = queues.get(sql, id);
      works.put(id, new Work(queue.instance(), queue.requirements()));
    }
    flows.addAll(FlowRows.running(sql));
    return new Demand(flows, works);
  }
}
