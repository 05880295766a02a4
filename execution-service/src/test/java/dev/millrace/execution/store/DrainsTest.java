package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.admin.WorkerStatus;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Drains against everything that other replicas do to the same sessions at the same time. */
final class DrainsTest {

  private static final Duration EXPIRY = Duration.ofSeconds(30);
  private static final FairShare SHARES =
      new FairShare(java.util.Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1));

  private final ManualClock clock = ManualClock.standing();
  private final DataSource dataSource = TestDatabase.create();
  private final Database here = new Database(dataSource, 4);
  private final Database there = new Database(dataSource, 4);
  private final AttemptPolicy attempts = new AttemptPolicy(3);
  private final TimeoutPolicy timeouts =
      new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));
  private final LeaseStore leases =
      new LeaseStore(there, clock, UUID::randomUUID, attempts, timeouts, EXPIRY, SHARES);
  private final SessionStore sessions =
      new SessionStore(there, clock, UUID::randomUUID, attempts, EXPIRY);
  private final OperationStore operations =
      new OperationStore(there, clock, UUID::randomUUID, Duration.ofMinutes(1));
  private final Drains drains = new Drains(here, clock);
  private final Workforce workforce = new Workforce(here, clock);

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(dataSource).migrate();
  }

  private String open(String bot) {
    return sessions.open(
        new BotSession(
            InstanceName.ROOT, bot, new Offer(InstanceName.ROOT, Map.of()), 1_000, true));
  }

  private void submit(String content) {
    Entered unused =
        operations.submit(
            new Submission(
                InstanceName.ROOT,
                DigestFunction.SHA256.digestOf(content.getBytes(StandardCharsets.UTF_8)),
                Action.getDefaultInstance(),
                Requirements.NONE,
                /* mergeable= */ true,
                /* doNotCache= */ false,
                0,
                Duration.ofHours(1),
                Origin.UNKNOWN),
            InliningWishes.NONE);
  }

  @Test
  void onceADrainHasBegunNobodyWhoMatchesIsGivenAnything() throws Exception {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      names.add(open("bot " + i));
    }
    for (int round = 0; round < 5; round++) {
      AtomicBoolean over = new AtomicBoolean();
      CountDownLatch given = new CountDownLatch(3);
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        int number = round;
        Future<?> submitting =
            threads.submit(() -> {
              for (int i = 0; !over.get(); i++) {
                submit(number + "." + i);
              }
            });
        for (int i = 0; i < 2; i++) {
          Future<?> unused =
              threads.submit(() -> {
                while (!over.get()) {
                  if (!leases.assignTo(names).isEmpty()) {
                    given.countDown();
                  }
                }
              });
        }
        given.await();
        drains.begin(WorkerPattern.ALL, "alice", "test", Optional.empty());
        int then = work();
        for (int i = 0; i < 5; i++) {
          assertThat(leases.assignTo(names)).isEmpty();
        }
        assertThat(work()).isEqualTo(then);
        assertThat(drains.end(WorkerPattern.ALL)).isTrue();
        over.set(true);
        submitting.get();
      }
    }
  }

  private int work() {
    return workforce.list(WorkerPattern.ALL).stream().mapToInt(w -> w.work().size()).sum();
  }

  @Test
  void sessionsThatAreOpenedWhileADrainBeginsAndEndsAreMarkedAsTheyShould() throws Exception {
    for (int round = 0; round < 8; round++) {
      int number = round;
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 20; i++) {
          int bot = i;
          Future<?> unused = threads.submit(() -> open("bot " + bot));
        }
        Future<?> unused =
            threads.submit(() -> {
              if (number % 2 == 0) {
                drains.begin(WorkerPattern.ALL, "alice", "test", Optional.empty());
              } else {
                assertThat(drains.end(WorkerPattern.ALL)).isTrue();
              }
            });
      }
      assertThat(workforce.list(WorkerPattern.ALL))
          .hasSize(20)
          .extracting(WorkerStatus::drained)
          .containsOnly(number % 2 == 0);
    }
  }
}
