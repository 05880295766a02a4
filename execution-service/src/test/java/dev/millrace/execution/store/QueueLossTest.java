package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A failover to a server that never heard of the latest queues. */
final class QueueLossTest {

  private static final Requirements GPU = new Requirements(List.of(new Property("gpu", "a")));

  private final DataSource database = TestDatabase.create();
  private final ManualClock clock = ManualClock.standing();
  private final Stores here = new Stores(database, clock);
  private final Stores there = new Stores(database, clock);

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(database).migrate();
  }

  private OperationName submit(Stores replica, String action, Requirements requirements) {
    return replica
        .operations
        .submit(Stores.submission(action, 0, requirements), InliningWishes.NONE)
        .name();
  }

  private void loseEverything() {
    here.database.run(sql -> {
      int unused =
          sql.sql("truncate execution.queues, execution.tasks restart identity cascade").update();
    });
  }

  @Test
  void theQueueIsMadeAgain() {
    OperationName unused = submit(here, "before", GPU);
    loseEverything();

    OperationName after = submit(here, "after", GPU);
    assertThat(here.operations.get(after).state()).isInstanceOf(Queued.class);
    assertThat(here.operations.requirements(here.operations.get(after).task())).isEqualTo(GPU);
  }

  @Test
  void soItIsForWhatIsOverBeforeItBegan() {
    OperationName unused = submit(here, "before", GPU);
    loseEverything();

    OperationName after =
        here.operations
            .remember(
                Stores.submission("after", 0, GPU), Endings.cancelled("over"), InliningWishes.NONE)
            .name();
    assertThat(here.operations.get(after).state()).isInstanceOf(Completed.class);
  }

  @Test
  void whatIsKnownOfALostQueueIsNeverTakenForAnother() {
    OperationName lost = submit(here, "before", Requirements.NONE);
    String plain = here.sessions.open(Stores.bot("plain", 1));
    assertThat(here.leases.assignTo(List.of(plain))).containsExactly(plain);
    assertThat(here.operations.get(lost).state()).isInstanceOf(Executing.class);
    loseEverything();

    // This replica knew a queue of plain actions under the first id that there was.
    OperationName gpu = submit(there, "after", GPU);
    plain = here.sessions.open(Stores.bot("plain", 1));
    assertThat(here.leases.assignTo(List.of(plain))).isEmpty();
    String fitting =
        here.sessions.open(
            new BotSession(
                InstanceName.ROOT,
                "fitting",
                new Offer(InstanceName.ROOT, Map.of("gpu", Set.of("a"))),
                1,
                true));
    assertThat(here.leases.assignTo(List.of(plain, fitting))).containsExactly(fitting);
    assertThat(here.operations.get(gpu).state()).isInstanceOf(Executing.class);
  }
}
