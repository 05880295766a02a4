package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.longrunning.CancelOperationRequest;
import com.google.protobuf.Empty;
import com.google.rpc.Code;
import dev.millrace.execution.api.Client.Following;
import dev.millrace.execution.operation.OperationName;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * The Remote Workers API as docs/protocol.md promises it and as the stock worker needs it, beyond
 * what {@link BotsGrpcServiceTest} has.
 */
final class BotsProtocolTest extends ProtocolFixture {

  private void cancel(String name) {
    Empty unused =
        replica
            .operationsStub()
            .cancelOperation(CancelOperationRequest.newBuilder().setName(name).build());
  }

  private static Instant expiry(BotSession session) {
    return Instant.ofEpochSecond(session.getExpireTime().getSeconds());
  }

  private static void assertCode(Runnable call, Status.Code code) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  @Test
  void anUpdateEchoesEverythingThatTheBotSaid() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1, "OSFamily=linux").open();
    client.execute(replica, "a").until(Value.QUEUED);
    bot.take();
    BotSession said = bot.session().toBuilder().setVersion("1.4.30").build();

    BotSession reply =
        replica
            .bots()
            .updateBotSession(
                UpdateBotSessionRequest.newBuilder()
                    .setName(said.getName())
                    .setBotSession(said)
                    .build());

    assertThat(reply.toBuilder().clearExpireTime().build())
        .isEqualTo(said.toBuilder().clearExpireTime().build());
  }

  @Test
  void theExpiryOfABotWithRoomIsItsSessionsAndThatOfABusyOneItsHeartbeat() throws Exception {
    try (Replica impatient = replica(Duration.ofMillis(50))) {
      StockBot bot = new StockBot(impatient, "bot", 1).open();
      assertThat(expiry(bot.poll())).isEqualTo(clock.instant().plus(Replica.EXPIRY));
      client.execute(replica, "a").until(Value.QUEUED);
      bot.take();
      assertThat(expiry(bot.poll())).isEqualTo(clock.instant().plusSeconds(5));
    }
  }

  @Test
  void aBotThatSetsADeadlineIsAnsweredBeforeItPasses() {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    BotSession reply =
        BotsGrpc.newBlockingStub(replica.channel)
            .withDeadlineAfter(1_500, TimeUnit.MILLISECONDS)
            .updateBotSession(
                UpdateBotSessionRequest.newBuilder()
                    .setName(bot.session().getName())
                    .setBotSession(bot.session())
                    .build());

    assertThat(reply.getLeasesList()).isEmpty();
  }

  @Test
  void allCompletedLeasesAreReplacedInOneReply() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    for (String name : List.of("a", "b", "c", "d")) {
      client.execute(replica, name).until(Value.QUEUED);
    }
    Lease one = bot.take();
    Lease other = bot.take();
    bot.complete(one, StockBot.GOOD);
    bot.complete(other, StockBot.GOOD);

    assertThat(bot.poll().getLeasesList())
        .hasSize(2)
        .allMatch(lease -> lease.getState() == LeaseState.PENDING)
        .extracting(Lease::getId)
        .doesNotContain(one.getId(), other.getId());
  }

  @Test
  void aHeldPollThatABotGivesUpToReportLosesNothing() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    Following running = client.execute(replica, "a");
    Lease lease = bot.take();
    // As the stock worker does when a lease completes while a poll is held.
    ListenableFuture<BotSession> held = bot.cancellablePoll();
    client.execute(replica, "b").until(Value.QUEUED);
    bot.complete(lease, StockBot.GOOD);
    held.cancel(true);

    assertThat(bot.poll().getLeasesList())
        .singleElement()
        .satisfies(next -> assertThat(next.getState()).isEqualTo(LeaseState.PENDING));
    assertThat(running.response().getStatus().getCode()).isZero();
  }

  @Test
  void aLeaseThatWasOfferedInAReplyThatGotLostIsOfferedAgain() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    client.execute(replica, "a").until(Value.QUEUED);
    BotSession before = bot.session();
    List<Lease> offered = bot.poll().getLeasesList();
    UpdateBotSessionRequest same =
        UpdateBotSessionRequest.newBuilder()
            .setName(before.getName())
            .setBotSession(before)
            .build();

    assertThat(offered).hasSize(1);
    assertThat(replica.bots().updateBotSession(same).getLeasesList())
        .extracting(Lease::getId)
        .containsExactly(offered.getFirst().getId());
  }

  @Test
  void aBusyBotHearsOfACancellationInItsNextReply() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    Lease lease = bot.take();
    bot.poll();
    cancel(name);

    assertThat(bot.poll().getLeasesList())
        .containsExactly(lease.toBuilder().setState(LeaseState.CANCELLED).build());
    bot.replace(
        bot.session().getLeases(0).toBuilder()
            .setStatus(com.google.rpc.Status.newBuilder().setCode(Code.CANCELLED_VALUE))
            .build());
    assertThat(bot.poll().getLeasesList()).isEmpty();
  }

  @Test
  void aLeaseThatCompletesWhileItIsCancelledIsLeftOut() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    String name = following.name();
    Lease lease = bot.take();
    cancel(name);
    bot.complete(lease, StockBot.GOOD);

    assertThat(bot.poll().getLeasesList()).isEmpty();
    assertThat(following.response().getStatus().getCode()).isEqualTo(Code.CANCELLED_VALUE);
  }

  @ParameterizedTest
  @EnumSource(
      value = BotStatus.class,
      names = {"BOT_TERMINATING", "HOST_REBOOTING"})
  void aBotThatEndsGivesBackWhatItDidNotBeginAndItsSessionIsOver(BotStatus status)
      throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    String name = client.execute(replica, "a").name();
    assertThat(bot.poll().getLeasesCount()).isOne();
    bot.say(status);

    assertThat(bot.poll().getLeasesList()).isEmpty();
    assertThat(replica.operations.get(OperationName.parse(name)).state().attempts()).isZero();
    assertCode(bot::poll, Status.Code.NOT_FOUND);
    assertThat(new StockBot(replica, "other", 1).open().take()).isNotNull();
  }

  @ParameterizedTest
  @EnumSource(
      value = BotStatus.class,
      names = {"UNHEALTHY", "INITIALIZING"})
  void aBotThatIsNotReadyGoesOnWithWhatItHasAndIsGivenNothing(BotStatus status) throws Exception {
    StockBot bot = new StockBot(replica, "bot", 2).open();
    Following begun = client.execute(replica, "a");
    Lease lease = bot.take();
    bot.say(status);
    client.execute(replica, "b").until(Value.QUEUED);

    assertThat(bot.poll().getLeasesList()).containsExactly(lease);
    bot.complete(lease, StockBot.GOOD);
    assertThat(bot.poll().getLeasesList()).isEmpty();
    assertThat(begun.response().getStatus().getCode()).isZero();
    bot.say(BotStatus.OK);
    assertThat(bot.take()).isNotNull();
  }

  @Test
  void aBotThatOpensItsSessionBeforeItIsReadyIsGivenNothing() throws Exception {
    client.execute(replica, "a").until(Value.QUEUED);
    StockBot bot = new StockBot(replica, "bot", 1);
    bot.say(BotStatus.INITIALIZING);
    bot.open();
    bot.say(BotStatus.INITIALIZING);

    assertThat(bot.poll().getLeasesList()).isEmpty();
    bot.say(BotStatus.OK);
    assertThat(bot.poll().getLeasesCount()).isOne();
  }

  @Test
  void whatAStockWorkerKillsAsItEndsIsRunElsewhere() throws Exception {
    StockBot bot = new StockBot(replica, "bot", 1).open();
    Following following = client.execute(replica, "a");
    bot.complete(
        bot.take(),
        ActionResult.newBuilder().setExitCode(143).build(),
        com.google.rpc.Status.newBuilder().setCode(Code.UNAVAILABLE_VALUE).build());
    bot.say(BotStatus.BOT_TERMINATING);
    assertThat(bot.poll().getLeasesList()).isEmpty();

    StockBot other = new StockBot(replica, "other", 1).open();
    other.complete(other.take(), StockBot.GOOD);
    other.pollAsync();
    ExecuteResponse response = following.response();
    assertThat(response.getStatus().getCode()).isZero();
    assertThat(response.getResult().getExitCode()).isZero();
    assertCode(bot::poll, Status.Code.NOT_FOUND);
  }

  @Test
  void aBotOfTheSameIdInAnotherInstanceIsAnotherBot() {
    try (Replica impatient = replica(Duration.ofMillis(50))) {
      StockBot here = new StockBot(impatient, "one", "bot", 1).open();
      StockBot there = new StockBot(impatient, "other", "bot", 1).open();

      assertThat(here.poll().getName()).startsWith("one/sessions/");
      assertThat(there.poll().getName()).startsWith("other/sessions/");
    }
  }

  @Test
  void aDatabaseThatIsAwayIsAPassingFaultAndWhatIsReportedAfterwardsCounts() throws Exception {
    AtomicBoolean away = new AtomicBoolean();
    try (Replica shaky = new Replica(sometimes(away), blobs, cache, clock, Duration.ofMillis(50))) {
      StockBot bot = new StockBot(shaky, "bot", 1).open();
      Following following = client.execute(replica, "a");
      Lease lease = bot.take();
      bot.complete(lease, StockBot.GOOD);
      away.set(true);
      assertCode(bot::poll, Status.Code.UNAVAILABLE);
      assertCode(() -> new StockBot(shaky, "new", 1).open(), Status.Code.UNAVAILABLE);
      assertThat(Client.refusal(client.execute(shaky, "b")).getCode())
          .isEqualTo(Code.UNAVAILABLE_VALUE);
      away.set(false);

      assertThat(bot.poll().getLeasesList()).isEmpty();
      assertThat(following.response().getStatus().getCode()).isZero();
    }
  }

  private DataSource sometimes(AtomicBoolean away) {
    return new DelegatingDataSource(database) {
      @Override
      public Connection getConnection() throws SQLException {
        if (away.get()) {
          throw new SQLException("connection refused", "08001");
        }
        return super.getConnection();
      }
    };
  }

  @Test
  void partialMetadataAreToldOnEveryReplicaAndLastUntilTheNext() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>("");
    try (Replica other = replica(Duration.ofMillis(50))) {
      StockBot bot = new StockBot(replica, "bot", 1).open();
      String name = client.execute(other, "a").name();
      Lease lease = bot.take();
      bot.poll(
          lease,
          build.bazel.remote.execution.v2.ExecutedActionMetadata.newBuilder()
              .setWorker("here")
              .build());
      // An update without the header says nothing new.
      bot.poll();
      Following following = client.await(other, name);
      seen.set(
          Client.metadata(following.until(Value.EXECUTING))
              .getPartialExecutionMetadata()
              .getWorker());
    }
    assertThat(seen.get()).isEqualTo("here");
  }
}
