package dev.millrace.execution.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.execution.operation.OperationEvent.AttemptFailed;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationEvent.HandedBack;
import dev.millrace.execution.operation.OperationEvent.Leased;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every event in every state: it leads where it should, or it is impossible. */
final class OperationStateTest {

  private static final UUID LEASE = new UUID(1, 1);
  private static final UUID OTHER = new UUID(2, 2);
  private static final ExecuteResponse RESPONSE =
      ExecuteResponse.newBuilder().setMessage("over").build();

  private static final List<OperationState> STATES =
      List.of(new Queued(2), new Executing(2, LEASE), new Completed(2, RESPONSE));

  private static final List<OperationEvent> EVENTS =
      List.of(
          new Leased(LEASE),
          new HandedBack(LEASE),
          new AttemptFailed(LEASE),
          new Finished(LEASE, RESPONSE),
          new Stopped(RESPONSE));

  /** All that can happen, and what follows. */
  private static final Map<String, OperationState> TRANSITIONS =
      Map.of(
          "Queued Leased", new Executing(3, LEASE),
          "Queued Stopped", new Completed(2, RESPONSE),
          "Executing HandedBack", new Queued(1),
          "Executing AttemptFailed", new Queued(2),
          "Executing Finished", new Completed(2, RESPONSE),
          "Executing Stopped", new Completed(2, RESPONSE));

  @Test
  void everyEventInEveryStateLeadsWhereItShouldOrIsImpossible() {
    Set<String> visited = new TreeSet<>();
    for (OperationState state : STATES) {
      for (OperationEvent event : EVENTS) {
        String step = state.getClass().getSimpleName() + " " + event.getClass().getSimpleName();
        OperationState expected = TRANSITIONS.get(step);
        if (expected == null) {
          assertThatThrownBy(() -> state.after(event))
              .as(step)
              .isInstanceOf(IllegalStateException.class);
        } else {
          assertThat(state.after(event)).as(step).isEqualTo(expected);
          visited.add(step);
        }
      }
    }
    assertThat(visited).containsExactlyInAnyOrderElementsOf(TRANSITIONS.keySet());
  }

  @Test
  void theTableKnowsEveryStateAndEventThatThereIs() {
    assertThat(names(STATES)).isEqualTo(permitted(OperationState.class));
    assertThat(names(EVENTS)).isEqualTo(permitted(OperationEvent.class));
  }

  private static Set<String> names(List<?> values) {
    return values.stream().map(v -> v.getClass().getSimpleName()).collect(Collectors.toSet());
  }

  private static Set<String> permitted(Class<?> type) {
    return Arrays.stream(type.getPermittedSubclasses())
        .map(Class::getSimpleName)
        .collect(Collectors.toSet());
  }

  @Test
  void onlyTheLeaseThatRunsCanBringAnything() {
    Executing state = new Executing(1, LEASE);
    for (OperationEvent event :
        List.of(new HandedBack(OTHER), new AttemptFailed(OTHER), new Finished(OTHER, RESPONSE))) {
      assertThatThrownBy(() -> state.after(event)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void whatExecutesHasBeenAttempted() {
    assertThatThrownBy(() -> new Executing(0, LEASE)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Queued(-1)).isInstanceOf(IllegalArgumentException.class);
  }
}
