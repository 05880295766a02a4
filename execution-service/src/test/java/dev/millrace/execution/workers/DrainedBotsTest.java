package dev.millrace.execution.workers;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import dev.millrace.actioncache.memory.MemoryActionCache;
import dev.millrace.blobstore.memory.MemoryBlobStore;
import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.input.ActionInputs;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.CountedDataSource;
import dev.millrace.execution.store.Database;
import dev.millrace.execution.store.Drains;
import dev.millrace.execution.store.ExecutionSchema;
import dev.millrace.execution.store.LeaseStore;
import dev.millrace.execution.store.SessionStore;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bots that are to be given nothing cost no more than their sign of life. */
final class DrainedBotsTest {

  private static final Duration EXPIRY = Duration.ofSeconds(30);

  private final ManualClock clock = ManualClock.standing();
  private final DataSource uncounted = TestDatabase.create();
  private final CountedDataSource source = new CountedDataSource(uncounted);
  private final Database database = new Database(source, 4);

  /** What these tell other replicas of is no cost of the bot's. */
  private final Drains drains = new Drains(new Database(uncounted, 4), clock);

  private final Changes changes = new Changes();
  private BotsGrpcService bots;

  @BeforeEach
  void start() {
    ExecutionSchema.migrations(source).migrate();
    AttemptPolicy attempts = new AttemptPolicy(3);
    LeaseStore leases =
        new LeaseStore(
            database,
            clock,
            UUID::randomUUID,
            attempts,
            new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15)),
            EXPIRY,
            new FairShare(Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1)));
    bots =
        new BotsGrpcService(
            InstancePolicy.any(),
            new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY),
            new LeaseSettlement(
                leases,
                new ActionInputs(new MemoryBlobStore()),
                new MemoryActionCache(),
                FailureStatuses.withRandomIds()),
            new Dispatcher(leases, changes),
            changes,
            new PollTiming(
                Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(5), EXPIRY),
            clock);
  }

  @AfterEach
  void stop() {
    changes.close();
  }

  @Test
  void noRoundIsRunForADrainedBotAndOneIsOnceItIsResumed() {
    BotSession session = open();
    int ready = transactionsOf(session);
    drains.begin(WorkerPattern.ALL, "alice", "test", Optional.empty());
    int drained = transactionsOf(session);
    assertThat(drains.end(WorkerPattern.ALL)).isTrue();
    int resumed = transactionsOf(session);

    assertThat(drained).isEqualTo(ready - 1);
    assertThat(resumed).isEqualTo(ready);
  }

  private BotSession open() {
    Answer answer = new Answer();
    bots.createBotSession(
        CreateBotSessionRequest.newBuilder()
            .setBotSession(BotSession.newBuilder().setBotId("bot"))
            .build(),
        answer);
    return answer.reply.get();
  }

  private int transactionsOf(BotSession session) {
    int before = source.count();
    assertThat(before).isNotNegative();
    bots.updateBotSession(
        UpdateBotSessionRequest.newBuilder()
            .setName(session.getName())
            .setBotSession(session)
            .build(),
        new Answer());
    return source.count();
  }

  private static final class Answer implements StreamObserver<BotSession> {
    private final AtomicReference<BotSession> reply = new AtomicReference<>();

    @Override
    public void onNext(BotSession session) {
      reply.set(session);
    }

    @Override
    public void onError(Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public void onCompleted() {}
  }
}
