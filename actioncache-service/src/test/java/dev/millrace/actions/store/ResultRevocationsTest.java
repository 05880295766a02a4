package dev.millrace.actions.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

final class ResultRevocationsTest {

  private static final InstanceName ONE = new InstanceName("one");
  private static final InstanceName BELOW = new InstanceName("one/below");
  private static final ActionResult RESULT = ActionResult.getDefaultInstance();

  private final ManualClock clock = ManualClock.standing();
  private final DataSource database = migrated();
  private final ActionCache cache = new PostgresActionCache(database, clock, 8);
  private final ResultRevocations revocations = new ResultRevocations(database, 10);
  private int actions;

  private static DataSource migrated() {
    DataSource database = TestDatabase.create();
    ActionCacheSchema.migrations(database).migrate();
    return database;
  }

  @Test
  void resultsAreRevokedByWhoWroteThem() {
    Digest kept = put(ONE, new Provenance("a", "a1", "w1", "i1"));
    Digest other = put(ONE, new Provenance("b", "b1", "w2", "i2"));
    revokes(1, selection(null, "b", null, null, null), other);
    other = put(ONE, new Provenance("a", "a2", "w2", "i2"));
    revokes(1, selection(null, null, "a2", null, null), other);
    other = put(ONE, new Provenance("a", "a1", "w2", "i2"));
    revokes(1, selection(null, null, null, "w2", null), other);
    other = put(ONE, new Provenance("a", "a1", "w1", "i2"));
    revokes(1, selection(null, null, null, null, "i2"), other);
    assertThat(cache.get(ONE, kept)).isPresent();
  }

  @Test
  void resultsAreRevokedByInstanceButNotThoseBelow() {
    Digest above = put(InstanceName.ROOT, Provenance.UNKNOWN);
    Digest there = put(ONE, Provenance.UNKNOWN);
    Digest below = put(BELOW, Provenance.UNKNOWN);
    assertThat(revocations.revoke(selection(ONE, null, null, null, null))).isEqualTo(1);
    assertThat(cache.get(ONE, there)).isEmpty();
    assertThat(cache.get(BELOW, below)).isPresent();
    assertThat(revocations.revoke(selection(InstanceName.ROOT, "", "", "", ""))).isEqualTo(1);
    assertThat(cache.get(InstanceName.ROOT, above)).isEmpty();
  }

  @Test
  void whileAPoolHasNoConnectionNothingIsKeptAndTheEndIsNotHeldUp() {
    CountDownLatch free = new CountDownLatch(1);
    AtomicReference<Connection> late = new AtomicReference<>();
    DataSource exhausted =
        new DelegatingDataSource(database) {
          @Override
          public Connection getConnection() throws SQLException {
            boolean interrupted = false;
            while (free.getCount() > 0) {
              try {
                free.await();
              } catch (InterruptedException e) {
                interrupted = true;
              }
            }
            late.set(super.getConnection());
            if (interrupted) {
              Thread.currentThread().interrupt();
            }
            return late.get();
          }
        };
    AtomicInteger told = new AtomicInteger();
    ResultChanges replica = new ResultChanges(exhausted);
    replica.subscribe(told::incrementAndGet);
    await().until(() -> told.get() >= 2);
    long begin = System.nanoTime();
    replica.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
    free.countDown();
    await().until(() -> late.get() != null && late.get().isClosed());
  }

  @Test
  void afterAnErrorAnotherConnectionIsAskedFor() {
    AtomicInteger asked = new AtomicInteger();
    DataSource faulty =
        new DelegatingDataSource(database) {
          @Override
          public Connection getConnection() throws SQLException {
            if (asked.incrementAndGet() == 1) {
              throw new OutOfMemoryError("at the first time");
            }
            return super.getConnection();
          }
        };
    try (ResultChanges replica = new ResultChanges(faulty)) {
      replica.subscribe(() -> {});
      await().until(() -> asked.get() > 1);
    }
  }

  @Test
  void resultsAreRevokedByTime() {
    Instant begin = clock.instant();
    Digest first = put(ONE, Provenance.UNKNOWN);
    clock.advance(Duration.ofMinutes(1));
    Digest second = put(ONE, Provenance.UNKNOWN);
    clock.advance(Duration.ofMinutes(1));
    Digest third = put(ONE, Provenance.UNKNOWN);
    Instant minute = begin.plus(Duration.ofMinutes(1));
    revokes(1, times(minute, minute.plusMillis(1)), second);
    revokes(1, times(null, minute), first);
    assertThat(cache.get(ONE, third)).isPresent();
    revokes(1, times(minute, null), third);
  }

  @Test
  void allCriteriaHaveToBeMet() {
    put(ONE, new Provenance("a", "t", "w", "i"));
    put(BELOW, new Provenance("a", "t", "w", "i"));
    assertThat(revocations.count(selection(ONE, "a", "t", "w", "i"))).isEqualTo(1);
    assertThat(revocations.count(selection(null, "a", "t", "w", "i"))).isEqualTo(2);
    assertThat(revocations.count(selection(ONE, "a", "t", "w", "other"))).isZero();
  }

  @Test
  void whatIsNotKnownIsNobodys() {
    put(ONE, Provenance.UNKNOWN);
    assertThat(revocations.count(selection(null, "a", null, null, null))).isZero();
    assertThatThrownBy(() -> selection(null, "", null, "", null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> times(clock.instant(), clock.instant()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesThatWereStoredChangedAreFoundAgain() {
    put(ONE, new Provenance("", "", "wor\0ker", ""));
    assertThat(revocations.count(selection(null, null, null, "wor\0ker", null))).isEqualTo(1);
  }

  @Test
  void countingRevokesNothingAndManyAreRevokedInBatches() {
    for (int i = 0; i < 105; i++) {
      put(ONE, new Provenance("a", "", "", ""));
    }
    ResultSelection selection = selection(null, "a", null, null, null);
    assertThat(revocations.count(selection)).isEqualTo(105);
    assertThat(revocations.count(selection)).isEqualTo(105);
    assertThat(revocations.revoke(selection)).isEqualTo(105);
    assertThat(revocations.revoke(selection)).isZero();
  }

  @Test
  void aResultThatIsUsedAtTheSameTimeIsRevokedAllTheSame() throws Exception {
    Digest used = put(ONE, new Provenance("a", "", "", ""));
    try (Connection user = database.getConnection();
        Statement statement = user.createStatement();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      user.setAutoCommit(false);
      statement.execute("update actioncache.results set last_used_at = now()");
      Future<Long> revoked =
          threads.submit(() -> revocations.revoke(selection(null, "a", null, null, null)));
      await().until(this::someoneWaitsForARow);
      user.commit();
      assertThat(revoked.get()).isEqualTo(1);
    }
    assertThat(cache.get(ONE, used)).isEmpty();
  }

  private boolean someoneWaitsForARow() {
    return JdbcClient.create(database)
        .sql(
            """
            select exists (select from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock')
            """)
        .query(Boolean.class)
        .single();
  }

  @Test
  void everyReplicaHearsOfIt() {
    AtomicInteger told = new AtomicInteger();
    try (ResultChanges replica = new ResultChanges(database)) {
      replica.subscribe(told::incrementAndGet);
      // Once to begin with, as something may have been missed.
      await().atMost(Duration.ofSeconds(60)).until(() -> told.get() >= 1);
      int before = told.get();
      revocations.revoke(selection(null, "nobody", null, null, null));
      put(ONE, new Provenance("a", "", "", ""));
      revocations.revoke(selection(null, "a", null, null, null));
      await().atMost(Duration.ofSeconds(5)).until(() -> told.get() > before);
    }
  }

  @Test
  void withoutAnyoneWhoWantsToKnowThereIsNothingToEnd() {
    ResultChanges replica = new ResultChanges(database);
    replica.close();
    replica.close();
  }

  @Test
  void whoCannotListenKeepsNothing() {
    PGSimpleDataSource nobody = new PGSimpleDataSource();
    nobody.setURL("jdbc:postgresql://127.0.0.1:1/none");
    AtomicInteger told = new AtomicInteger();
    try (ResultChanges replica = new ResultChanges(nobody)) {
      replica.subscribe(told::incrementAndGet);
      await().atMost(Duration.ofSeconds(60)).until(() -> told.get() >= 3);
    }
    ResultSelection selection = selection(null, "a", null, null, null);
    assertThatThrownBy(() -> new ResultRevocations(nobody, 1).revoke(selection))
        .isInstanceOf(Failure.Unavailable.class);
  }

  private void revokes(long results, ResultSelection selection, Digest gone) {
    assertThat(cache.get(ONE, gone)).isPresent();
    assertThat(revocations.revoke(selection)).isEqualTo(results);
    assertThat(cache.get(ONE, gone)).isEmpty();
  }

  private Digest put(InstanceName instance, Provenance provenance) {
    byte[] number = ByteBuffer.allocate(4).putInt(actions++).array();
    Digest action = DigestFunction.SHA256.digestOf(number);
    cache.put(instance, action, RESULT, provenance);
    return action;
  }

  private static ResultSelection selection(
      @Nullable InstanceName instance,
      @Nullable String team,
      @Nullable String token,
      @Nullable String worker,
      @Nullable String invocation) {
    return new ResultSelection(instance, team, token, worker, invocation, null, null);
  }

  private static ResultSelection times(@Nullable Instant from, @Nullable Instant until) {
    return new ResultSelection(null, null, null, null, null, from, until);
  }
}
