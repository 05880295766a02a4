package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TurnsTest {

  private static final Instant START = Instant.EPOCH.plusSeconds(1_000);

  private final Turns turns = new Turns();

  private static Flow flow(String team, String invocation) {
    return new Flow(7, team, "user", invocation, 3);
  }

  private static FlowState waiting(String team, Instant oldest) {
    return new FlowState(flow(team, "waits"), 1, 0, oldest);
  }

  @Test
  void theLastTurnOfEachOfATeamsInvocationsIsTold() {
    turns.take(List.of(flow("team", "a"), flow("team", "b"), flow("other", "c")), START);
    turns.take(List.of(flow("team", "a")), START.plusSeconds(1));

    assertThat(turns.of(List.of(waiting("team", START))))
        .extracting(
            turn -> turn.flow().invocation(),
            FlowState::served,
            FlowState::queued,
            FlowState::running)
        .containsExactlyInAnyOrder(tuple("a", START.plusSeconds(1), 0, 0), tuple("b", START, 0, 0));
  }

  @Test
  void whatCameBeforeAnythingThatWaitsIsForgotten() {
    turns.take(List.of(flow("team", "a")), START);

    assertThat(turns.of(List.of(waiting("team", START.plusSeconds(1))))).isEmpty();
    assertThat(turns.of(List.of(waiting("team", START)))).isEmpty();
  }

  @Test
  void ofManyThoseThatHadNoTurnForLongestAreForgotten() {
    for (int i = 0; i < 2_000; i++) {
      turns.take(List.of(flow("team", "invocation " + i)), START.plusMillis(i));
    }

    assertThat(turns.of(List.of(waiting("team", START))))
        .hasSize(1_000)
        .allMatch(turn -> !turn.served().isBefore(START.plusSeconds(1)));
  }
}
