package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class UnwatchedTasksTest {

  private final DataSource database = TestDatabase.create();
  private final ManualClock clock = ManualClock.standing();
  private final Stores stores = new Stores(database, clock);

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(database).migrate();
  }

  @Test
  void allAreLookedAtInTurn() {
    long seed = System.nanoTime();
    System.out.println("UnwatchedTasksTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<OperationName> names = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      names.add(stores.submit("action " + i));
    }
    clock.advance(Stores.GRACE.minus(Duration.ofSeconds(1)));
    Set<OperationName> followed = new HashSet<>();
    for (OperationName name : names) {
      if (random.nextInt(3) == 0) {
        OperationSnapshot unused = stores.operations.follow(name);
        followed.add(name);
      }
    }
    clock.advance(Duration.ofSeconds(1));

    UnwatchedTasks unwatched = new UnwatchedTasks(stores.database, 7);
    List<Integer> stopped = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      stopped.add(unwatched.stop(clock.instant(), clock.instant()));
    }
    assertThat(stopped).as("seed " + seed).allMatch(n -> n <= 7);
    assertThat(stopped.stream().mapToInt(Integer::intValue).sum())
        .as("seed " + seed)
        .isEqualTo(names.size() - followed.size());
    for (OperationName name : names) {
      assertThat(stores.operations.get(name).state())
          .as("seed " + seed)
          .isInstanceOf(followed.contains(name) ? Queued.class : Completed.class);
    }
  }

  @Test
  void whatComesLaterIsLookedAtNextTime() {
    UnwatchedTasks unwatched = new UnwatchedTasks(stores.database, 10);
    for (int round = 0; round < 5; round++) {
      OperationName unused = stores.submit("action " + round);
      clock.advance(Stores.GRACE);
      assertThat(unwatched.stop(clock.instant(), clock.instant())).isOne();
    }
    assertThat(unwatched.stop(clock.instant(), clock.instant())).isZero();
  }
}
