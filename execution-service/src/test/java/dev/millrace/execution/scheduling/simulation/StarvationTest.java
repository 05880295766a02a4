package dev.millrace.execution.scheduling.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.Likeness;
import dev.millrace.execution.scheduling.TeamShare;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However much waits elsewhere, what is little or not urgent gets its turn. */
final class StarvationTest {

  private static final Instant START = Instant.EPOCH.plusSeconds(1_000);
  private static final Duration AGEING = Duration.ofSeconds(10);
  private static final FairShare SHARES = new FairShare(Map.of(), TeamShare.EQUAL, AGEING);

  private int ids;

  @ParameterizedTest(name = "{0} slots")
  @ValueSource(ints = {1, 2, 3, 4, 16, 400})
  void aTeamWithTenActionsIsDoneInTwiceTheTimeThatItsShareAloneWouldTake(int slots) {
    long seed = System.nanoTime();
    System.out.println("StarvationTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<SimulatedTask> many =
        tasks(10_000, flow("many", 0), i -> 0, i -> random.nextInt(500, 1_500));
    // They come while all slots are busy with the others'.
    long[] lengths = random.ints(10, 500, 1_500).asLongStream().toArray();
    List<SimulatedTask> few = tasks(10, flow("few", 0), i -> 5_000, i -> lengths[i]);
    Workshop shared = new Workshop(SHARES, slots);
    shared.send(many);
    shared.send(few);

    // Half of a single slot is a slot of half the speed.
    int half = Math.max(1, slots / 2);
    int slower = slots == 1 ? 2 : 1;
    List<SimulatedTask> alone = tasks(10, flow("few", 0), i -> 5_000, i -> lengths[i] * slower);
    Workshop own = new Workshop(SHARES, half);
    own.send(alone);

    Instant sent = START.plusMillis(5_000);
    Duration aloneTook = Duration.between(sent, own.runUntilOver(alone));
    assertThat(Duration.between(sent, shared.runUntilOver(few)))
        .as("seed " + seed)
        .isLessThanOrEqualTo(aloneTook.multipliedBy(2));
  }

  @ParameterizedTest(name = "{0} slots")
  @ValueSource(ints = {1, 4})
  void anInvocationWithTenActionsIsNotHeldUpByAnotherOfItsTeamEither(int slots) {
    List<SimulatedTask> many = tasks(10_000, flow("team", 0), i -> 0, i -> 1_000);
    Flow other = new Flow(1, "team", "", "other", 0);
    List<SimulatedTask> few = tasks(10, other, i -> 5_000, i -> 1_000);
    Workshop workshop = new Workshop(SHARES, slots);
    workshop.send(many);
    workshop.send(few);

    Duration share = Duration.ofMillis(10 * 2 * 1_000 / slots);
    assertThat(Duration.between(START.plusMillis(5_000), workshop.runUntilOver(few)))
        .isLessThanOrEqualTo(share.multipliedBy(2));
  }

  /** What waits {@code n} times the ageing goes before what is {@code n} steps more urgent. */
  @RepeatedTest(20)
  void nothingThatCameLongAfterIsServedBefore() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    List<SimulatedTask> all = new ArrayList<>();
    for (int invocation = 0; invocation < 6; invocation++) {
      Flow flow = new Flow(1, "team", "user", "invocation-" + invocation, random.nextInt(-3, 4));
      all.addAll(tasks(60, flow, i -> random.nextInt(200_000), i -> random.nextInt(500, 1_500)));
    }
    Workshop workshop = new Workshop(SHARES, 1);
    workshop.send(all);
    Instant unused = workshop.runUntilOver(all);

    for (SimulatedTask one : all) {
      for (SimulatedTask other : all) {
        int steps = Math.max(0, one.flow.priority() - other.flow.priority()) + 1;
        boolean longAfter = other.queuedAt.isAfter(one.queuedAt.plus(AGEING.multipliedBy(steps)));
        if (longAfter && other.leasedAt.isBefore(one.leasedAt)) {
          throw new AssertionError("seed " + seed + ": " + other + " served before " + one);
        }
      }
    }
  }

  private static Flow flow(String team, int priority) {
    return new Flow(1, team, "", "", priority);
  }

  private interface ByIndex {
    long of(int index);
  }

  private List<SimulatedTask> tasks(int count, Flow flow, ByIndex sentAt, ByIndex length) {
    List<SimulatedTask> tasks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int id = ids++;
      tasks.add(
          new SimulatedTask(
              new UUID(2, id),
              id,
              flow,
              Load.QUEUES.get(1L),
              new Likeness("", "", ""),
              Duration.ofMillis(length.of(i)),
              START.plusMillis(sentAt.of(i))));
    }
    return tasks;
  }
}
