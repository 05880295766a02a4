package dev.millrace.execution.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class FairShareTest {

  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void teamsOfEqualWeightGetEqualShares() {
    List<Flow> order =
        order(10, waiting(flow("a"), 10_000, 50), waiting(flow("b"), 10, 1), waiting(flow("c"), 1));

    assertThat(counts(order, Flow::team)).isEqualTo(Map.of("a", 5L, "b", 4L, "c", 1L));
  }

  @Test
  void aTeamOfThreeTimesTheWeightGetsThreeTimesTheShare() {
    FairShare share = shares(Map.of("a", new TeamShare(3, Integer.MAX_VALUE)));

    List<Flow> order = order(share, 40, waiting(flow("a"), 100), waiting(flow("b"), 100));

    assertThat(counts(order, Flow::team)).isEqualTo(Map.of("a", 30L, "b", 10L));
  }

  @Test
  void whatRunsAlreadyCounts() {
    List<Flow> order = order(6, running(flow("a"), 10, 4), waiting(flow("b"), 10));

    assertThat(counts(order, Flow::team)).isEqualTo(Map.of("a", 1L, "b", 5L));
  }

  @Test
  void whatRunsCountsEvenIfNothingMoreOfItsFlowWaits() {
    List<Flow> order =
        order(
            4,
            running(new Flow(7, "a", "", "x", 3), 0, 4),
            waiting(flow("a"), 10),
            waiting(flow("b"), 10));

    assertThat(counts(order, Flow::team)).isEqualTo(Map.of("b", 4L));
  }

  @Test
  void noTeamRunsMoreThanItsLimit() {
    FairShare share = shares(Map.of("a", new TeamShare(1, 3)));

    assertThat(order(share, 10, running(flow("a"), 10, 1))).hasSize(2);
    assertThat(order(share, 10, running(flow("a"), 10, 5))).isEmpty();
    assertThat(counts(order(share, 10, waiting(flow("a"), 10), waiting(flow("b"), 20)), Flow::team))
        .isEqualTo(Map.of("a", 3L, "b", 7L));
  }

  @Test
  void theTeamThatWaitsLongestGetsWhatCannotBeSharedEqually() {
    assertThat(order(1, waiting(flow("young"), 9, 1), waiting(flow("old"), 9, 2)))
        .containsExactly(flow("old"));
  }

  @Test
  void withFewerSlotsThanTeamsTheyTakeTurns() {
    Instant second = NOW.minusSeconds(1);
    Instant third = NOW.minusSeconds(2);
    FlowState many = new FlowState(flow("many"), 10_000, 0, NOW.minusSeconds(500), second);
    FlowState few = new FlowState(flow("few"), 10, 0, NOW.minusSeconds(5), third);
    FlowState fresh = waiting(flow("fresh"), 10, 3);

    assertThat(order(1, many, few, fresh)).containsExactly(flow("fresh"));
    assertThat(order(1, many, few)).containsExactly(flow("few"));
  }

  @Test
  void whatIsMoreUrgentGoesFirstWithinATeamOnly() {
    Flow urgent = new Flow(1, "a", "", "x", -5);
    Flow normal = new Flow(1, "a", "", "y", 0);
    Flow elsewhere = new Flow(1, "b", "", "z", 100);

    assertThat(order(4, waiting(normal, 9), waiting(urgent, 2), waiting(elsewhere, 2)))
        .containsExactly(urgent, elsewhere, urgent, elsewhere);
    assertThat(order(4, waiting(normal, 9), waiting(urgent, 2)))
        .containsExactly(urgent, urgent, normal, normal);
  }

  @Test
  void waitingMakesUrgentByAStepForEachTimeOfAgeing() {
    Flow patient = new Flow(1, "a", "", "x", 3);
    Flow urgent = new Flow(1, "a", "", "y", 0);

    assertThat(order(1, waiting(patient, 1, 179), waiting(urgent, 1))).containsExactly(urgent);
    // As urgent, and older.
    assertThat(order(1, waiting(patient, 1, 180), waiting(urgent, 1))).containsExactly(patient);
    assertThat(order(1, waiting(patient, 1, 240), waiting(urgent, 1, 1))).containsExactly(patient);
  }

  @Test
  void clocksThatDifferMakeNothingLessUrgent() {
    assertThat(shares(Map.of()).urgency(4, NOW.plusSeconds(600), NOW)).isEqualTo(4);
  }

  @Test
  void aTeamsUsersShareEquallyHoweverManyInvocationsTheyHave() {
    List<FlowState> flows = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      flows.add(waiting(new Flow(1, "a", "busy", "i" + i, 0), 10));
    }
    flows.add(waiting(new Flow(1, "a", "quiet", "i", 0), 10));

    assertThat(counts(order(10, flows.toArray(FlowState[]::new)), Flow::user))
        .isEqualTo(Map.of("busy", 5L, "quiet", 5L));
  }

  @Test
  void aUsersInvocationsShareEqually() {
    Flow large = new Flow(1, "a", "u", "large", 0);
    Flow small = new Flow(1, "a", "u", "small", 0);

    assertThat(counts(order(9, running(large, 1000, 5), waiting(small, 1000)), Flow::invocation))
        .isEqualTo(Map.of("large", 2L, "small", 7L));
  }

  @Test
  void whatAnInvocationRunsElsewhereCountsForIt() {
    Flow elsewhere = new Flow(2, "a", "u", "x", 0);
    Flow here = new Flow(1, "a", "u", "x", 0);
    Flow other = new Flow(1, "a", "u", "y", 0);

    assertThat(order(2, running(elsewhere, 0, 2), waiting(here, 5, 30), waiting(other, 5)))
        .containsExactly(other, other);
  }

  @Test
  void anInvocationsOldestFlowGoesFirst() {
    Flow old = new Flow(2, "a", "", "x", 0);
    Flow young = new Flow(1, "a", "", "x", 0);

    assertThat(
            shares(Map.of())
                .order(List.of(waiting(young, 1, 1), waiting(old, 1, 2)), slots(5, 1L, 2L), NOW))
        .containsExactly(old, young);
  }

  @Test
  void slotsGoOnlyToWhatTheyCanServe() {
    Flow gpu = new Flow(2, "a", "", "x", 0);
    Flow nowhere = new Flow(3, "a", "", "x", -9);
    Flow plain = new Flow(1, "b", "", "x", 0);
    CountedSlots slots = slots(2, 1L).with(1, 1L, 2L);

    assertThat(
            shares(Map.of())
                .order(
                    List.of(waiting(gpu, 5, 9), waiting(nowhere, 5, 90), waiting(plain, 9)),
                    slots,
                    NOW))
        .containsExactly(gpu, plain, plain);
  }

  @Test
  void whatNobodyCanServeGivesNoPrecedence() {
    Flow nowhere = new Flow(3, "a", "", "x", 0);

    assertThat(
            order(1, waiting(nowhere, 1, 900), waiting(flow("a"), 5, 1), waiting(flow("b"), 5, 2)))
        .containsExactly(flow("b"));
  }

  @Test
  void theOrderDoesNotDependOnHowTheFlowsAreListed() {
    long seed = System.nanoTime();
    System.out.println("FairShareTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<FlowState> flows = new ArrayList<>(flows(200, random));
    List<Flow> order = shares(Map.of()).order(flows, slots(300, 0L, 1L, 2L), NOW);
    for (int i = 0; i < 10; i++) {
      Collections.shuffle(flows, new Random(seed + i));
      assertThat(shares(Map.of()).order(flows, slots(300, 0L, 1L, 2L), NOW))
          .as("seed " + seed)
          .isEqualTo(order);
    }
  }

  /** Compares with a rule that looks at every flow for every slot. */
  @Test
  void theOrderIsThatOfChoosingAnewForEverySlot() {
    for (int i = 0; i < 200; i++) {
      long seed = System.nanoTime();
      SplittableRandom random = new SplittableRandom(seed);
      FairShare share =
          shares(Map.of("t0", new TeamShare(3, 9), "t1", new TeamShare(2, Integer.MAX_VALUE)));
      List<FlowState> flows = flows(random.nextInt(1, 40), random);
      int few = random.nextInt(20);
      int many = random.nextInt(60);

      assertThat(share.order(flows, slots(few, 0L).with(many, 1L, 2L), NOW))
          .as("seed " + seed)
          .isEqualTo(PlainFairShare.order(share, flows, slots(few, 0L).with(many, 1L, 2L), NOW));
    }
  }

  @Test
  void theCostGrowsWithFlowsAndSlotsNotWithTheirProduct() {
    long small = comparisons(1_250, 625);
    long large = comparisons(10_000, 5_000);

    // Eight times as much of both: 64 times the cost if every slot looked at every flow.
    assertThat(large).isLessThan(small * 8 * 2).isLessThan(5_000 * 200);
  }

  private static long comparisons(int flows, int count) {
    CountedSlots slots = slots(count, 0L, 1L, 2L);
    FairRound round =
        new FairRound(shares(Map.of()), flows(flows, new SplittableRandom(1)), slots, NOW);
    assertThat(round.order()).hasSize(count);
    assertThat(slots.questions()).isLessThan(flows + count + 10);
    return round.comparisons();
  }

  private static List<FlowState> flows(int count, SplittableRandom random) {
    Map<Flow, FlowState> flows =
        IntStream.range(0, count)
            .mapToObj(i ->
                new Flow(
                    random.nextInt(3),
                    "t" + random.nextInt(5),
                    "u" + random.nextInt(4),
                    "i" + random.nextInt(Math.max(1, count / 10)),
                    random.nextInt(-2, 3)))
            .map(flow ->
                new FlowState(
                    flow,
                    random.nextInt(4),
                    random.nextInt(3),
                    NOW.minusSeconds(random.nextInt(300)),
                    random.nextBoolean() ? Instant.MIN : NOW.minusSeconds(random.nextInt(300))))
            .collect(Collectors.toMap(FlowState::flow, Function.identity(), (one, other) -> one));
    return List.copyOf(flows.values());
  }

  @Test
  void sharesAreChecked() {
    assertThatThrownBy(() -> new TeamShare(0, 1)).hasMessageContaining("weight");
    assertThatThrownBy(() -> new TeamShare(1, 0)).hasMessageContaining("limit");
    assertThatThrownBy(() -> new FairShare(Map.of(), TeamShare.EQUAL, Duration.ZERO))
        .hasMessageContaining("ageing");
    assertThatThrownBy(() -> new FlowState(flow("a"), -1, 0, NOW)).hasMessageContaining("queued");
  }

  private static Map<String, Long> counts(List<Flow> order, Function<Flow, String> by) {
    return order.stream().collect(Collectors.groupingBy(by, Collectors.counting()));
  }

  private static List<Flow> order(int slots, FlowState... flows) {
    return order(shares(Map.of()), slots, flows);
  }

  private static List<Flow> order(FairShare shares, int slots, FlowState... flows) {
    return shares.order(List.of(flows), slots(slots, 1L), NOW);
  }

  private static FairShare shares(Map<String, TeamShare> teams) {
    return new FairShare(teams, TeamShare.EQUAL, MINUTE);
  }

  private static CountedSlots slots(int count, Long... queues) {
    return new CountedSlots().with(count, queues);
  }

  private static Flow flow(String team) {
    return new Flow(1, team, "", "", 0);
  }

  private static FlowState waiting(Flow flow, int queued) {
    return waiting(flow, queued, 0);
  }

  private static FlowState waiting(Flow flow, int queued, int seconds) {
    return new FlowState(flow, queued, 0, NOW.minusSeconds(seconds));
  }

  private static FlowState running(Flow flow, int queued, int running) {
    return new FlowState(flow, queued, running, NOW);
  }
}
