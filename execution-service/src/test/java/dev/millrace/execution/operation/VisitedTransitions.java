package dev.millrace.execution.operation;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteResponse;
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
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;

/** Takes note of what happens to operations in tests, to tell in the end what never happened. */
public final class VisitedTransitions {

  static final UUID LEASE = new UUID(1, 1);
  static final UUID OTHER = new UUID(2, 2);
  static final UUID UNKNOWN = new UUID(3, 3);
  static final ExecuteResponse RESPONSE = ExecuteResponse.newBuilder().setMessage("over").build();

  /** One of every kind. */
  static final List<OperationState> STATES =
      List.of(
          new Queued(3),
          new Executing(3, LEASE),
          new Racing(3, LEASE, OTHER),
          new Completed(3, RESPONSE));

  /** Every kind, about either lease where it is about one. */
  static final List<OperationEvent> EVENTS =
      List.of(
          new Leased(LEASE),
          new LeasedAgain(OTHER),
          new HandedBack(LEASE),
          new HandedBack(OTHER),
          new AttemptFailed(LEASE),
          new AttemptFailed(OTHER),
          new Finished(LEASE, RESPONSE),
          new Finished(OTHER, RESPONSE),
          new Stopped(RESPONSE));

  private final Set<String> visited = new ConcurrentSkipListSet<>();

  /** The state that follows, which counts as a visit unless it is impossible. */
  public OperationState after(OperationState state, OperationEvent event) {
    OperationState next = state.after(event);
    visited.add(name(state, event));
    return next;
  }

  /** Fails if something that can happen never did. */
  public void assertComplete() {
    assertThat(visited).as("transitions that tests visit").containsAll(legal());
  }

  static String name(OperationState state, OperationEvent event) {
    return state.getClass().getSimpleName() + " " + event.getClass().getSimpleName();
  }

  /** All that can happen, as the states themselves say. */
  static Set<String> legal() {
    Set<String> legal = new ConcurrentSkipListSet<>();
    for (OperationState state : STATES) {
      for (OperationEvent event : EVENTS) {
        try {
          OperationState unused = state.after(event);
          legal.add(name(state, event));
        } catch (IllegalStateException e) {
          // It cannot happen.
        }
      }
    }
    return legal;
  }
}
