package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.HedgePolicy.Run;
import dev.millrace.execution.scheduling.Hedging.Demand;
import dev.millrace.execution.scheduling.Hedging.Suspect;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class HedgingTest {

  private static final Instant NOW = Instant.EPOCH.plusSeconds(1_000);
  private static final Requirements CPUS = needs("resource:cpus=2");
  private static final Demand NOTHING = new Demand(List.of(), Map.of());

  private final Hedging hedging =
      new Hedging(
          new HedgePolicy(2, Duration.ofSeconds(5)),
          new FairShare(
              Map.of("limited", new TeamShare(1, 2)), TeamShare.EQUAL, Duration.ofMinutes(1)));

  private static Requirements needs(String property) {
    String[] parts = property.split("=", 2);
    return new Requirements(List.of(new Property(parts[0], parts[1])));
  }

  private static Suspect suspect(int id, String team, String session, Requirements requirements) {
    return new Suspect(
        new QueuedAction(
            new UUID(0, id), InstanceName.ROOT, requirements, 0, Instant.EPOCH, /* avoided= */ ""),
        team,
        session,
        new Run(/* waiters= */ 2, /* hedges= */ 0, Duration.ofSeconds(21)),
        new TypicalDuration(Collections.nCopies(5, Duration.ofSeconds(10))));
  }

  private static FreeBot bot(String session, int free, Map<String, Set<String>> properties) {
    return new FreeBot(session, new Offer(InstanceName.ROOT, properties), free);
  }

  private static FlowState flow(String team, int queued, int running) {
    return new FlowState(new Flow(1, team, "", "", 0), queued, running, NOW);
  }

  @Test
  void onlyWhatHangsIsGivenToASecondBot() {
    Suspect hangs = suspect(1, "team", "slow", Requirements.NONE);
    Suspect typical =
        new Suspect(
            hangs.action(), "team", "slow", new Run(2, 0, Duration.ofSeconds(20)), hangs.typical());

    assertThat(hedging.hanging(List.of(typical, hangs))).containsExactly(hangs);
  }

  @Test
  void neverTheBotThatHasIt() {
    Suspect one = suspect(1, "team", "a", Requirements.NONE);
    FreeBot a = bot("a", 5, Map.of());

    assertThat(hedging.assign(List.of(one), List.of(a), NOTHING)).isEmpty();
    assertThat(hedging.assign(List.of(one), List.of(a, bot("b", 1, Map.of())), NOTHING))
        .containsExactly(new Assignment(new UUID(0, 1), "b"));
  }

  @Test
  void aBotIsGivenNoMoreThanFits() {
    List<Suspect> hanging =
        List.of(
            suspect(1, "team", "slow", CPUS),
            suspect(2, "team", "slow", CPUS),
            suspect(3, "team", "slow", Requirements.NONE),
            suspect(4, "team", "slow", Requirements.NONE));

    assertThat(
            hedging.assign(
                hanging, List.of(bot("b", 2, Map.of("resource:cpus", Set.of("3")))), NOTHING))
        .containsExactly(new Assignment(new UUID(0, 1), "b"), new Assignment(new UUID(0, 3), "b"));
  }

  @Test
  void aTeamRunsNoMoreThanItMay() {
    List<Suspect> hanging =
        List.of(
            suspect(1, "limited", "slow", Requirements.NONE),
            suspect(2, "limited", "slow", Requirements.NONE),
            suspect(3, "other", "slow", Requirements.NONE));
    Demand demand = new Demand(List.of(flow("limited", 0, 1)), Map.of());

    assertThat(hedging.assign(hanging, List.of(bot("b", 5, Map.of())), demand))
        .extracting(Assignment::action)
        .containsExactly(new UUID(0, 1), new UUID(0, 3));
  }

  @Test
  void aBotThatWhatWaitsHasAUseForIsLeftToThat() {
    List<Suspect> hanging = List.of(suspect(1, "team", "slow", Requirements.NONE));
    FreeBot plain = bot("plain", 5, Map.of());
    FreeBot special = bot("special", 5, Map.of("gpu", Set.of("a")));
    Map<Long, Work> works = Map.of(1L, new Work(InstanceName.ROOT, needs("gpu=a")));

    assertThat(
            hedging.assign(
                hanging, List.of(special, plain), new Demand(List.of(flow("other", 1, 0)), works)))
        .containsExactly(new Assignment(new UUID(0, 1), "plain"));
    // What has to wait in any case has no use for it.
    assertThat(
            hedging.assign(
                hanging, List.of(special), new Demand(List.of(flow("limited", 1, 2)), works)))
        .hasSize(1);
  }
}
