package dev.millrace.execution.operation;

import static dev.millrace.execution.operation.VisitedTransitions.EVENTS;
import static dev.millrace.execution.operation.VisitedTransitions.LEASE;
import static dev.millrace.execution.operation.VisitedTransitions.OTHER;
import static dev.millrace.execution.operation.VisitedTransitions.RESPONSE;
import static dev.millrace.execution.operation.VisitedTransitions.STATES;
import static dev.millrace.execution.operation.VisitedTransitions.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Every event in every state: it leads where it should, or it is impossible. */
final class OperationStateTest {

  private static final VisitedTransitions VISITED = new VisitedTransitions();

  /** All that can happen, and what follows; the events are about {@code LEASE}. */
  private static final Map<String, OperationState> TRANSITIONS =
      Map.ofEntries(
          Map.entry("Queued Leased", new Executing(4, LEASE)),
          Map.entry("Queued Stopped", new Completed(3, RESPONSE)),
          Map.entry("Executing LeasedAgain", new Racing(4, LEASE, OTHER)),
          Map.entry("Executing HandedBack", new Queued(2)),
          Map.entry("Executing AttemptFailed", new Queued(3)),
          Map.entry("Executing Finished", new Completed(3, RESPONSE)),
          Map.entry("Executing Stopped", new Completed(3, RESPONSE)),
          Map.entry("Racing HandedBack", new Executing(2, OTHER)),
          Map.entry("Racing AttemptFailed", new Executing(3, OTHER)),
          Map.entry("Racing Finished", new Completed(3, RESPONSE)),
          Map.entry("Racing Stopped", new Completed(3, RESPONSE)));

  @AfterAll
  static void everyTransitionWasVisited() {
    VISITED.assertComplete();
  }

  @Test
  void everyEventInEveryStateLeadsWhereItShouldOrIsImpossible() {
    assertThat(VisitedTransitions.legal()).isEqualTo(TRANSITIONS.keySet());
    for (OperationState state : STATES) {
      for (OperationEvent event : EVENTS) {
        OperationState expected = TRANSITIONS.get(VisitedTransitions.name(state, event));
        if (expected == null) {
          assertImpossible(state, event);
        } else if (!isAbout(event, OTHER) || event instanceof LeasedAgain) {
          assertThat(VISITED.after(state, event)).isEqualTo(expected);
        }
      }
    }
  }

  private static boolean isAbout(OperationEvent event, UUID lease) {
    return switch (event) {
      case Leased(var by) -> by.equals(lease);
      case LeasedAgain(var by) -> by.equals(lease);
      case HandedBack(var by) -> by.equals(lease);
      case AttemptFailed(var by) -> by.equals(lease);
      case Finished(var by, var response) -> by.equals(lease);
      case Stopped(var response) -> false;
    };
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
  void onlyALeaseThatRunsCanBringAnything() {
    for (OperationState state : STATES) {
      for (OperationEvent event :
          List.of(
              new HandedBack(UNKNOWN),
              new AttemptFailed(UNKNOWN),
              new Finished(UNKNOWN, RESPONSE))) {
        assertImpossible(state, event);
      }
    }
  }

  @Test
  void eitherOfTwoLeasesLeavesItToTheOther() {
    Racing racing = new Racing(2, LEASE, OTHER);

    assertThat(VISITED.after(racing, new AttemptFailed(OTHER))).isEqualTo(new Executing(2, LEASE));
    assertThat(VISITED.after(racing, new HandedBack(OTHER))).isEqualTo(new Executing(1, LEASE));
    assertThat(VISITED.after(racing, new Finished(OTHER, RESPONSE)))
        .isEqualTo(new Completed(2, RESPONSE));
  }

  @Test
  void whatIsOverStaysSoWhenTheSlowerOneComes() {
    OperationState won = VISITED.after(new Racing(2, LEASE, OTHER), new Finished(OTHER, RESPONSE));

    assertImpossible(won, new Finished(LEASE, RESPONSE));
  }

  @Test
  void leasesThatCanBringTheOutcomeAreKnown() {
    assertThat(STATES.stream().map(OperationState::leases))
        .containsExactly(Set.of(), Set.of(LEASE), Set.of(LEASE, OTHER), Set.of());
  }

  @Test
  void noLeaseRacesWithItself() {
    assertImpossible(new Executing(1, LEASE), new LeasedAgain(LEASE));
    assertThatThrownBy(() -> new Racing(2, LEASE, LEASE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatExecutesHasBeenAttempted() {
    assertThatThrownBy(() -> new Executing(0, LEASE)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Racing(1, LEASE, OTHER))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Queued(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  private static void assertImpossible(OperationState state, OperationEvent event) {
    assertThatThrownBy(() -> state.after(event))
        .as(VisitedTransitions.name(state, event))
        .isInstanceOf(IllegalStateException.class);
  }
}
