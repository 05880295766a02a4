package dev.millrace.execution.scheduling;

import static dev.millrace.execution.scheduling.MatchingTest.offer;
import static dev.millrace.execution.scheduling.MatchingTest.requirements;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class BotSlotsTest {

  private static final Map<Long, Work> QUEUES =
      Map.of(1L, work(""), 2L, work("gpu=a"), 3L, work("resource:cpus=3"));

  @Test
  void aQueueHasSlotsWithBotsThatCanRunItsActions() {
    BotSlots slots = slots(new FreeBot("plain", offer(""), 1));

    assertThat(slots.left(1)).isTrue();
    assertThat(slots.left(2)).isFalse();
    assertThat(slots.left(3)).isFalse();
    assertThat(slots.left(99)).isFalse();
  }

  @Test
  void whatIsTakenIsGone() {
    BotSlots slots = slots(new FreeBot("plain", offer(""), 2));
    slots.take(1);
    assertThat(slots.left(1)).isTrue();
    slots.take(1);

    assertThat(slots.left(1)).isFalse();
    assertThatThrownBy(() -> slots.take(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> slots.take(99)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void botsThatAreGoodForLittleAreUsedFirst() {
    BotSlots slots =
        slots(new FreeBot("gpu", offer("gpu=a"), 1), new FreeBot("plain", offer("x=y z=z"), 1));
    slots.take(1);

    assertThat(slots.left(2)).isTrue();
  }

  @Test
  void aSlotWithoutTheResourcesIsNone() {
    BotSlots slots = slots(new FreeBot("b", offer("resource:cpus=5"), 9));
    slots.take(3);

    assertThat(slots.left(3)).isFalse();
    assertThat(slots.left(1)).isTrue();
  }

  private static BotSlots slots(FreeBot... bots) {
    return new BotSlots(List.of(bots), QUEUES);
  }

  private static Work work(String properties) {
    return new Work(InstanceName.ROOT, requirements(properties));
  }
}
