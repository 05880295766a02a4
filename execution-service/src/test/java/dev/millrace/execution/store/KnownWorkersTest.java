package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.scheduling.Prospect.KnownWorker;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class KnownWorkersTest {

  private static final Duration FRESH = Duration.ofSeconds(1);

  private final ManualClock clock = ManualClock.standing();
  private final AtomicLong nanos = new AtomicLong();
  private final CountedDataSource source = new CountedDataSource(TestDatabase.create());
  private final Stores elsewhere = new Stores(source, clock);
  private final KnownWorkers workers =
      new KnownWorkers(new Database(source, 4), clock, nanos::get, FRESH);

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(source).migrate();
  }

  @Test
  void thousandsOfQuestionsCostOneRead() throws Exception {
    String unused = elsewhere.sessions.open(Stores.bot("bot", 1));
    int before = source.count();
    assertThat(before).isPositive();
    List<Future<List<KnownWorker>>> asked = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 5_000; i++) {
        asked.add(threads.submit(workers::recent));
      }
    }
    for (Future<List<KnownWorker>> answer : asked) {
      assertThat(answer.get()).hasSize(1);
    }
    assertThat(source.count()).isOne();
  }

  @Test
  void whoComesElsewhereIsKnownAMomentLater() {
    assertThat(workers.recent()).isEmpty();
    String unused = elsewhere.sessions.open(Stores.bot("bot", 1));
    assertThat(workers.recent()).isEmpty();
    nanos.addAndGet(FRESH.toNanos());
    assertThat(workers.recent()).hasSize(1);
  }

  @Test
  void whoAsksForWhatIsNowHasItRead() {
    assertThat(workers.recent()).isEmpty();
    String unused = elsewhere.sessions.open(Stores.bot("bot", 1));
    assertThat(workers.current()).hasSize(1);
    assertThat(workers.recent()).hasSize(1);
  }

  @Test
  void whatIsKnownToHaveChangedIsReadAgain() {
    assertThat(workers.recent()).isEmpty();
    String unused = elsewhere.sessions.open(Stores.bot("bot", 1));
    workers.forget();
    assertThat(workers.recent()).hasSize(1);
  }

  @Test
  void whoIsNotHeardOfIsPresentForNoLongerThanTheExpiry() {
    String unused = elsewhere.sessions.open(Stores.bot("bot", 1));
    assertThat(workers.recent()).singleElement().matches(KnownWorker::present);
    clock.advance(Stores.EXPIRY);
    assertThat(workers.recent()).singleElement().matches(worker -> !worker.present());
  }

  @Test
  void whoIsDrainedIsKnownButNotPresent() {
    String unused = elsewhere.sessions.open(Stores.bot("bot", 1));
    new Drains(elsewhere.database, clock)
        .begin(WorkerPattern.ALL, "alice", "test", Optional.empty());
    assertThat(workers.recent()).singleElement().matches(worker -> !worker.present());
  }

  @Test
  void whatAStoreItselfDoesIsKnownAtOnce() {
    assertThat(elsewhere.sessions.known()).isEmpty();
    String unused = elsewhere.sessions.open(Stores.bot("bot", 1));
    assertThat(elsewhere.sessions.known()).hasSize(1);
  }
}
