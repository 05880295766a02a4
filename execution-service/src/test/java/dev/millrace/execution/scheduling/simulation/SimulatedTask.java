package dev.millrace.execution.scheduling.simulation;

import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.scheduling.FailedAttempt;
import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.Likeness;
import dev.millrace.execution.scheduling.QueuedAction;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.execution.scheduling.Work;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/** One run of an action that several operations may share, and what became of it. */
final class SimulatedTask {

  static final Comparator<SimulatedTask> BY_AGE =
      Comparator.<SimulatedTask, Instant>comparing(task -> task.queuedAt)
          .thenComparing(task -> task.id);

  final UUID id;
  final int digest;
  final Flow flow;
  final Work work;
  final Likeness likeness;
  final Duration length;
  final Instant queuedAt;

  OperationState state = OperationState.ACCEPTED;
  String avoidedSession = "";
  Instant leasedAt = Instant.MIN;
  int waiters = 1;
  int hedges;
  final List<FailedAttempt> failures = new ArrayList<>();

  /** How often a bot began it, and how often there was a reason to do so once more. */
  int starts;

  int causes;

  SimulatedTask(
      UUID id,
      int digest,
      Flow flow,
      Work work,
      Likeness likeness,
      Duration length,
      Instant queuedAt) {
    this.id = id;
    this.digest = digest;
    this.flow = flow;
    this.work = work;
    this.likeness = likeness;
    this.length = length;
    this.queuedAt = queuedAt;
  }

  /** What it takes of a bot's resources. */
  Resources demand() {
    return Load.DEMANDS.get(flow.queue());
  }

  QueuedAction queued() {
    return new QueuedAction(
        id, work.instance(), work.requirements(), flow.priority(), queuedAt, avoidedSession);
  }

  @Override
  public String toString() {
    return "%s %s queued %s, %s, began %d times for %d reasons, failures %s"
        .formatted(id, flow, queuedAt, state, starts, causes, failures);
  }
}
