package dev.millrace.execution.scheduling;

import static dev.millrace.execution.scheduling.MatchingTest.offer;
import static dev.millrace.execution.scheduling.MatchingTest.requirements;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.instance.InstanceName;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class AssignmentTest {

  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void urgentActionsComeFirstThenTheOldest() {
    QueuedAction late = action(1, "", 5, 0);
    QueuedAction young = action(2, "", 0, 9);
    QueuedAction old = action(3, "", 0, 1);
    QueuedAction urgent = action(4, "", -1, 10);

    assertThat(Assignment.of(List.of(late, young, old, urgent), List.of(bot("b", "", 3))))
        .extracting(Assignment::action)
        .containsExactly(urgent.id(), old.id(), young.id());
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
