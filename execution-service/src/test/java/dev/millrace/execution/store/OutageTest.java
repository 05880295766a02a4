package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ExecuteResponse;
import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.Attendance;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Replicas that sweep every second, while the database or all of them are away at times. */
final class OutageTest {

  private static final Duration EXPIRY = Duration.ofSeconds(30);
  private static final Duration GRACE = Duration.ofMinutes(1);
  private static final Duration RETENTION = Duration.ofHours(1);
  private static final Duration MEMORY = Duration.ofDays(1);
  private static final BotSession BOT =
      new BotSession(InstanceName.ROOT, "bot", new Offer(InstanceName.ROOT, Map.of()), 2, true);

  private final ManualClock clock = ManualClock.standing();
  private final HikariDataSource database = pool();
  private Replica one;
  private OperationName running;
  private OperationName queued;
  private String session;
  private UUID lease;

  private static HikariDataSource pool() {
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(TestDatabase.createUrl());
    pool.setMaximumPoolSize(4);
    return pool;
  }

  @AfterEach
  void end() {
    database.close();
  }

  /** The way to the database, which may be cut. */
  private static final class Way extends DelegatingDataSource {
    private boolean cut;

    Way(DataSource database) {
      super(database);
    }

    @Override
    public Connection getConnection() throws SQLException {
      if (cut) {
        throw new SQLException("connection refused", "08001");
      }
      return super.getConnection();
    }
  }

  private final class Replica {
    private final Way way = new Way(database);
    private final OperationStore operations;
    private final LeaseStore leases;
    private final SessionStore sessions;
    private final Sweeper sweeper;

    Replica() {
      Database stored = new Database(way, 4);
      AttemptPolicy attempts = new AttemptPolicy(3);
      TimeoutPolicy timeouts =
          new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));
      FairShare shares = new FairShare(Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1));
      operations = new OperationStore(stored, clock, UUID::randomUUID, GRACE);
      leases = new LeaseStore(stored, clock, UUID::randomUUID, attempts, timeouts, EXPIRY, shares);
      sessions = new SessionStore(stored, clock, UUID::randomUUID, attempts, EXPIRY);
      sweeper =
          new Sweeper(
              operations,
              leases,
              sessions,
              clock,
              new Sweeper.Limits(EXPIRY, GRACE, RETENTION, MEMORY),
              new Attendance(Duration.ofSeconds(5)));
    }

    /** As it is repeated in a process: a failure is not the end. */
    void sweep() {
      try {
        sweeper.sweep();
      } catch (Failure.Unavailable away) {
        assertThat(way.cut).isTrue();
      }
    }

    void report() {
      Object unused =
          sessions.report(
              session, BOT, List.of(new LeaseReport(lease, State.ACTIVE, Optional.empty())));
    }

    OperationName submit(String action) {
      return operations
          .submit(
              new Submission(
                  InstanceName.ROOT,
                  DigestFunction.SHA256.digestOf(
                      action.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                  Action.getDefaultInstance(),
                  Requirements.NONE,
                  /* mergeable= */ true,
                  /* doNotCache= */ false,
                  0,
                  Duration.ofHours(1),
                  Origin.UNKNOWN),
              InliningWishes.NONE)
          .name();
    }
  }

  @BeforeEach
  void run() {
    ExecutionSchema.migrations(database).migrate();
    one = new Replica();
    running = one.submit("running");
    session = one.sessions.open(BOT);
    one.leases.assignTo(List.of(session));
    lease = one.sessions.leases(session).getFirst().id();
    one.report();
    one.operations.follow(running);
    queued = one.submit("queued");
  }

  private void pass(Duration time, Replica... sweeping) {
    for (long second = 0; second < time.toSeconds(); second++) {
      clock.advance(Duration.ofSeconds(1));
      for (Replica replica : sweeping) {
        replica.sweep();
      }
    }
  }

  /** With bot and callers about. */
  private void live(Duration time, Replica... sweeping) {
    for (long second = 0; second < time.toSeconds(); second += 10) {
      sweeping[0].report();
      sweeping[0].operations.follow(running);
      sweeping[0].operations.follow(queued);
      pass(Duration.ofSeconds(10), sweeping);
    }
  }

  private void assertNothingLost(Replica replica) {
    assertThat(replica.operations.get(running).state()).isEqualTo(new Executing(1, lease));
    assertThat(replica.operations.get(queued).state()).isEqualTo(new Queued(0));
    assertThat(replica.sessions.leases(session)).hasSize(1);
  }

  @Test
  void afterAnOutageOfTheDatabaseBotsAndCallersHaveTheirTimeToComeBack() {
    live(Duration.ofMinutes(2), one);
    one.way.cut = true;
    pass(Duration.ofMinutes(5), one);
    one.way.cut = false;
    pass(EXPIRY, one);
    assertNothingLost(one);

    one.report();
    one.operations.follow(running);
    pass(EXPIRY.minusSeconds(1), one);
    assertThat(one.operations.get(running).state()).isEqualTo(new Executing(1, lease));
    pass(Duration.ofSeconds(3), one);
    assertThat(one.operations.get(running).state()).isEqualTo(new Queued(1));
    assertThat(one.operations.get(queued).state()).isInstanceOf(Completed.class);
  }

  @Test
  void anOutageShorterThanTheExpiryGivesThemTheirWholeTimeAgain() {
    live(Duration.ofMinutes(2), one);
    pass(Duration.ofSeconds(5), one);
    one.way.cut = true;
    pass(Duration.ofSeconds(20), one);
    one.way.cut = false;
    pass(EXPIRY, one);
    assertNothingLost(one);
    pass(Duration.ofSeconds(2), one);
    assertThat(one.operations.get(running).state()).isEqualTo(new Queued(1));
  }

  @Test
  void aReplicaThatIsStartedDuringAnOutageWaitsAsWell() {
    live(Duration.ofMinutes(2), one);
    one.way.cut = true;
    Replica other = new Replica();
    other.way.cut = true;
    pass(Duration.ofMinutes(5), one, other);
    one.way.cut = false;
    other.way.cut = false;
    pass(EXPIRY, one, other);
    assertNothingLost(other);
    pass(GRACE, one, other);
    assertThat(other.operations.get(running).state()).isInstanceOf(Completed.class);
    assertThat(other.operations.get(queued).state()).isInstanceOf(Completed.class);
  }

  @Test
  void afterALossOfAllReplicasTheFirstOneThatIsBackWaits() {
    live(Duration.ofMinutes(2), one);
    clock.advance(Duration.ofMinutes(10));
    Replica next = new Replica();
    pass(EXPIRY, next);
    assertNothingLost(next);
  }

  @Test
  void aReplicaThatAloneIsCutOffLosesNothingForOthers() {
    Replica other = new Replica();
    live(Duration.ofMinutes(2), one, other);
    other.way.cut = true;
    live(Duration.ofMinutes(2), one, other);
    other.way.cut = false;
    live(Duration.ofMinutes(2), one, other);
    assertNothingLost(other);
  }

  @Test
  void whatWasOverBeforeALongOutageCanBeAskedForAfterIt() {
    one.leases.finish(lease, session, ExecuteResponse.newBuilder().setMessage("done").build());
    live(Duration.ofMinutes(2), one);
    clock.advance(MEMORY.multipliedBy(2));
    pass(EXPIRY, one);

    assertThat(one.operations.get(running).state()).isInstanceOf(Completed.class);
    assertThat(one.sessions.leases(session)).isEmpty();
    pass(GRACE, one);
    assertThatThrownBy(() -> one.operations.get(running)).isInstanceOf(Failure.NotFound.class);
    assertThatThrownBy(() -> one.sessions.leases(session)).isInstanceOf(Failure.NotFound.class);
  }
}
