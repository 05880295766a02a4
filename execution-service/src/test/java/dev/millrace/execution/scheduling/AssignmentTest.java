package dev.millrace.execution.scheduling;

import static dev.millrace.execution.scheduling.MatchingTest.offer;
import static dev.millrace.execution.scheduling.MatchingTest.requirements;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.instance.InstanceName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class AssignmentTest {

  private static final long MIB = 1024 * 1024;
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void urgentActionsComeFirstThenTheOldest() {
    QueuedAction late = action(1, "", 5, 0);
    QueuedAction young = action(2, "", 0, 9);
    QueuedAction old = action(3, "", 0, 1);
    QueuedAction urgent = action(4, "", -1, 10);

    assertThat(Stream.of(late, young, old, urgent).sorted(QueuedAction.ORDER))
        .containsExactly(urgent, old, young, late);
  }

  @Test
  void actionsAreServedInTheirOrder() {
    QueuedAction first = action(9, "", 5, 9);
    QueuedAction second = action(1, "", 0, 0);

    assertThat(Assignment.of(List.of(first, second), List.of(bot("b", "", 1))))
        .extracting(Assignment::action)
        .containsExactly(first.id());
  }

  @Test
  void nobodyIsGivenMoreThanThereIsRoomFor() {
    List<QueuedAction> actions = List.of(action(1, "", 0, 1), action(2, "", 0, 2));

    assertThat(Assignment.of(actions, List.of(bot("b", "", 1), bot("c", "", 0))))
        .containsExactly(new Assignment(actions.getFirst().id(), "b"));
  }

  @Test
  void anActionThatNobodyHereCanRunHoldsUpNoOther() {
    QueuedAction special = action(1, "gpu=a", 0, 1);
    QueuedAction plain = action(2, "", 0, 2);

    assertThat(Assignment.of(List.of(special, plain), List.of(bot("b", "", 1))))
        .containsExactly(new Assignment(plain.id(), "b"));
  }

  @Test
  void specialBotsAreKeptFreeForWhatNeedsThem() {
    QueuedAction plain = action(1, "", 0, 1);
    QueuedAction special = action(2, "gpu=a", 0, 2);

    assertThat(
            Assignment.of(
                List.of(plain, special), List.of(bot("special", "gpu=a", 1), bot("z", "", 1))))
        .containsExactly(new Assignment(plain.id(), "z"), new Assignment(special.id(), "special"));
  }

  @Test
  void workIsSpreadOverBots() {
    List<QueuedAction> actions = List.of(action(1, "", 0, 1), action(2, "", 0, 2));

    assertThat(Assignment.of(actions, List.of(bot("a", "", 2), bot("b", "", 2))))
        .extracting(Assignment::session)
        .containsExactly("a", "b");
  }

  @Test
  void theBotThatFailedAnActionGetsItBackOnlyIfThereIsNoOther() {
    QueuedAction failed =
        new QueuedAction(new UUID(0, 1), InstanceName.ROOT, Requirements.NONE, 0, THEN, "a");

    assertThat(Assignment.of(List.of(failed), List.of(bot("a", "", 5), bot("b", "x=y", 1))))
        .extracting(Assignment::session)
        .containsExactly("b");
    assertThat(Assignment.of(List.of(failed), List.of(bot("a", "", 5))))
        .extracting(Assignment::session)
        .containsExactly("a");
  }

  @Test
  void aBotTakesSeveralActionsWhileTheyFit() {
    List<QueuedAction> actions =
        List.of(
            action(1, "resource:cpus=2", 0, 1),
            action(2, "resource:cpus=3", 0, 2),
            action(3, "resource:cpus=1.5", 0, 3),
            action(4, "resource:cpus=0.5", 0, 4),
            action(5, "", 0, 5));

    assertThat(Assignment.of(actions, List.of(bot("b", "resource:cpus=4 resource:memory=1G", 9))))
        .extracting(Assignment::action)
        .containsExactly(
            actions.get(0).id(), actions.get(2).id(), actions.get(3).id(), actions.get(4).id());
  }

  @Test
  void whatABotsLeasesTakeIsNotThere() {
    QueuedAction action = action(1, "resource:cpus=2", 0, 1);
    Resources held = requirements("resource:cpus=3").resources();

    assertThat(
            Assignment.of(
                List.of(action), List.of(new FreeBot("b", offer("resource:cpus=4"), 3, held))))
        .isEmpty();
  }

  @Test
  void theBotThatHoldsMostOfTheInputsIsPreferred() {
    QueuedAction action = action(1, "", 0, 1);
    Locality locality =
        new Locality(
            Map.of(action.id(), Map.of("some", 5 * MIB, "most", 9 * MIB, "gone", 99 * MIB)));

    assertThat(
            Assignment.of(
                List.of(action),
                List.of(bot("idle", "", 9), bot("some", "", 1), bot("most", "", 1)),
                locality))
        .containsExactly(new Assignment(action.id(), "most"));
  }

  @Test
  void aFewBytesAreNotWorthCrowdingABot() {
    QueuedAction action = action(1, "", 0, 1);
    Locality locality = new Locality(Map.of(action.id(), Map.of("holder", MIB - 1)));

    assertThat(
            Assignment.of(
                List.of(action), List.of(bot("idle", "", 9), bot("holder", "", 1)), locality))
        .containsExactly(new Assignment(action.id(), "idle"));
  }

  @Test
  void inputsLeadNoActionToABotThatFailedItIsFullOrIsKeptForOthers() {
    QueuedAction failed =
        new QueuedAction(new UUID(0, 1), InstanceName.ROOT, Requirements.NONE, 0, THEN, "failed");
    Locality locality =
        new Locality(
            Map.of(
                failed.id(),
                Map.of("failed", 9 * MIB, "full", 9 * MIB, "special", 9 * MIB, "wrong", 9 * MIB)));

    assertThat(
            Assignment.of(
                List.of(failed),
                List.of(
                    bot("failed", "", 3),
                    bot("full", "", 0),
                    bot("special", "gpu=a", 3),
                    bot("wrong", "pool=other", 3),
                    bot("idle", "", 1)),
                locality))
        .containsExactly(new Assignment(failed.id(), "idle"));
  }

  @Test
  void thousandsAreAssignedToThousandsOneByEach() {
    List<QueuedAction> actions =
        IntStream.range(0, 5_000).mapToObj(i -> action(i, "resource:cpus=3", 0, 1)).toList();
    List<FreeBot> bots =
        IntStream.range(0, 5_000).mapToObj(i -> bot("b" + i, "resource:cpus=4", 2)).toList();

    List<Assignment> assignments = Assignment.of(actions, bots);

    assertThat(assignments).hasSize(5_000);
    assertThat(assignments).extracting(Assignment::session).doesNotHaveDuplicates();
  }

  private static QueuedAction action(int id, String platform, int priority, int second) {
    return new QueuedAction(
        new UUID(0, id),
        InstanceName.ROOT,
        requirements(platform),
        priority,
        THEN.plusSeconds(second),
        "");
  }

  private static FreeBot bot(String session, String properties, int free) {
    return new FreeBot(session, offer(properties), free);
  }
}
