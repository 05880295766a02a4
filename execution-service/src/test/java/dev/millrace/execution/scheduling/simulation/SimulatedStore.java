package dev.millrace.execution.scheduling.simulation;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationEvent;
import dev.millrace.execution.operation.OperationEvent.AttemptFailed;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationEvent.HandedBack;
import dev.millrace.execution.operation.OperationEvent.Leased;
import dev.millrace.execution.operation.OperationEvent.LeasedAgain;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.operation.VisitedTransitions;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FailedAttempt;
import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.FlowState;
import dev.millrace.execution.scheduling.Likeness;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.execution.scheduling.TypicalDuration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The memory twin of what is stored: what waits, what is leased until when, and how often it was
 * tried. Every call is a transaction.
 */
final class SimulatedStore {

  static final Duration EXPIRY = Duration.ofSeconds(5);

  private static final ExecuteResponse DONE = ExecuteResponse.getDefaultInstance();

  private final AttemptPolicy attempts;
  private final VisitedTransitions transitions;
  private final Map<Flow, Flowing> flows = new LinkedHashMap<>();
  private final Map<UUID, SimulatedTask> tasks = new LinkedHashMap<>();
  private final Map<Integer, SimulatedTask> inFlight = new HashMap<>();
  private final Map<UUID, Lease> leases = new LinkedHashMap<>();
  private final Map<String, Map<UUID, Lease>> sessions = new HashMap<>();
  private final Map<Likeness, TypicalDuration> typical = new HashMap<>();
  private int open;
  private int queued;
  private long ids;

  /** The actions of a flow. */
  private static final class Flowing {
    final TreeSet<SimulatedTask> queued = new TreeSet<>(SimulatedTask.BY_AGE);
    int running;
    Instant served = Instant.MIN;
  }

  /** Work that is with a bot, until it expires or is reported. */
  static final class Lease {
    final UUID id;
    final SimulatedTask task;
    final String session;
    Instant expiresAt;
    boolean cancelled;

    Lease(UUID id, SimulatedTask task, String session, Instant expiresAt) {
      this.id = id;
      this.task = task;
      this.session = session;
      this.expiresAt = expiresAt;
    }
  }

  SimulatedStore(AttemptPolicy attempts, VisitedTransitions transitions) {
    this.attempts = attempts;
    this.transitions = transitions;
  }

  UUID newId() {
    return new UUID(0, ++ids);
  }

  /** Queues an action, or lets it share a run that is in flight; returns the run. */
  SimulatedTask submit(SimulatedTask task) {
    SimulatedTask known = inFlight.get(task.digest);
    if (known != null) {
      known.waiters++;
      return known;
    }
    inFlight.put(task.digest, task);
    tasks.put(task.id, task);
    flow(task).queued.add(task);
    open++;
    queued++;
    return task;
  }

  /** One of those who wait leaves; with the last one the action ends. */
  void leave(SimulatedTask task) {
    if (!(task.state instanceof Completed) && --task.waiters == 0) {
      apply(task, new Stopped(Endings.cancelled("nobody waits any more")));
    }
  }

  /** All flows of which anything waits or runs. */
  List<FlowState> flows() {
    List<FlowState> states = new ArrayList<>();
    flows.forEach((flow, it) -> {
      if (!it.queued.isEmpty() || it.running > 0) {
        Instant oldest = it.queued.isEmpty() ? Instant.MIN : it.queued.first().queuedAt;
        states.add(new FlowState(flow, it.queued.size(), it.running, oldest, it.served));
      }
    });
    return states;
  }

  /** The first queued actions of each flow, as many as it is named, in the order of the flows. */
  List<SimulatedTask> first(List<Flow> order) {
    Map<Flow, Iterator<SimulatedTask>> queues = new HashMap<>();
    List<SimulatedTask> first = new ArrayList<>();
    for (Flow flow : order) {
      first.add(queues.computeIfAbsent(flow, key -> flows.get(key).queued.iterator()).next());
    }
    return first;
  }

  /** Actions that one bot has and more than one operation waits for. */
  List<SimulatedTask> merged() {
    return inFlight.values().stream()
        .filter(task -> task.waiters > 1 && task.state instanceof Executing)
        .toList();
  }

  /** Actions that two bots have. */
  List<SimulatedTask> racing() {
    return inFlight.values().stream().filter(task -> task.state instanceof Racing).toList();
  }

  SimulatedTask task(UUID id) {
    return tasks.get(id);
  }

  Collection<SimulatedTask> tasks() {
    return tasks.values();
  }

  /** A few of the actions that wait. */
  List<SimulatedTask> waiting(int limit) {
    return flows.values().stream()
        .flatMap(flow -> flow.queued.stream().limit(1))
        .limit(limit)
        .toList();
  }

  /** How many leases a team has. */
  int running(String team) {
    return flows.entrySet().stream()
        .filter(entry -> entry.getKey().team().equals(team))
        .mapToInt(entry -> entry.getValue().running)
        .sum();
  }

  /** How many actions wait. */
  int queued() {
    return queued;
  }

  /** How many actions are not over. */
  int open() {
    return open;
  }

  TypicalDuration typical(Likeness likeness) {
    return typical.getOrDefault(likeness, TypicalDuration.UNKNOWN);
  }

  void lease(SimulatedTask task, String session, Instant now) {
    Lease lease = new Lease(newId(), task, session, now.plus(EXPIRY));
    if (task.state instanceof Queued) {
      task.leasedAt = now;
      flow(task).served = now;
      apply(task, new Leased(lease.id));
    } else {
      task.hedges++;
      task.causes++;
      apply(task, new LeasedAgain(lease.id));
    }
    leases.put(lease.id, lease);
    sessions.computeIfAbsent(session, key -> new LinkedHashMap<>()).put(lease.id, lease);
  }

  Collection<Lease> leasesOf(String session) {
    return List.copyOf(sessions.getOrDefault(session, Map.of()).values());
  }

  int countOf(String session) {
    return sessions.getOrDefault(session, Map.of()).size();
  }

  /** What a session's leases take of its bot's resources. */
  Resources heldBy(String session) {
    Resources held = Resources.NONE;
    for (Lease lease : sessions.getOrDefault(session, Map.of()).values()) {
      held = held.plus(lease.task.demand());
    }
    return held;
  }

  Lease lease(UUID id) {
    return leases.get(id);
  }

  Collection<Lease> leases() {
    return leases.values();
  }

  void renew(String session, Instant now) {
    sessions
        .getOrDefault(session, Map.of())
        .values()
        .forEach(lease -> lease.expiresAt = now.plus(EXPIRY));
  }

  /** Takes the outcome; nothing happens if the lease ended meanwhile. */
  void finish(UUID id, Instant now) {
    live(id)
        .ifPresent(lease -> {
          TypicalDuration known = typical(lease.task.likeness);
          typical.put(lease.task.likeness, known.with(Duration.between(lease.task.leasedAt, now)));
          apply(lease.task, new Finished(id, DONE));
        });
    remove(id);
  }

  void fail(UUID id, String problem) {
    live(id)
        .ifPresent(lease -> {
          SimulatedTask task = lease.task;
          task.failures.add(new FailedAttempt(lease.session, problem));
          if (attempts.givesUp(task.state)) {
            apply(
                task,
                new Finished(
                    id, DONE.toBuilder().setMessage(attempts.givenUp(task.failures)).build()));
          } else {
            task.causes++;
            task.avoidedSession = lease.session;
            apply(task, new AttemptFailed(id));
          }
        });
    remove(id);
  }

  /** A bot is done with what was cancelled. */
  void drop(UUID id) {
    remove(id);
  }

  void handBack(UUID id) {
    live(id).ifPresent(lease -> apply(lease.task, new HandedBack(id)));
    remove(id);
  }

  /** Ends the leases that were not reported in time. */
  void expire(Instant now) {
    List.copyOf(leases.values()).stream()
        .filter(lease -> !lease.expiresAt.isAfter(now))
        .forEach(lease -> fail(lease.id, "the worker was lost"));
  }

  private Optional<Lease> live(UUID id) {
    return Optional.ofNullable(leases.get(id)).filter(lease -> !lease.cancelled);
  }

  private void remove(UUID id) {
    Lease gone = leases.remove(id);
    if (gone != null) {
      sessions.get(gone.session).remove(id);
    }
  }

  private Flowing flow(SimulatedTask task) {
    return flows.computeIfAbsent(task.flow, key -> new Flowing());
  }

  private void apply(SimulatedTask task, OperationEvent event) {
    Flowing flow = flow(task);
    boolean waited = task.state instanceof Queued;
    Set<UUID> held = task.state.leases();
    flow.running -= held.size();
    task.state = transitions.after(task.state, event);
    flow.running += task.state.leases().size();
    boolean waits = task.state instanceof Queued;
    if (waited && !waits) {
      queued--;
      flow.queued.remove(task);
    } else if (waits) {
      queued++;
      flow.queued.add(task);
    }
    if (task.state instanceof Completed) {
      open--;
      inFlight.remove(task.digest, task);
      held.forEach(lease -> leases.get(lease).cancelled = true);
    }
  }
}
