package dev.millrace.execution.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteRequest;
import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import build.bazel.remote.execution.v2.ExecutionStage.Value;
import build.bazel.remote.execution.v2.RequestMetadata;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.rpc.Code;
import dev.millrace.execution.api.Client.Following;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** An action that hangs with one bot and is brought by another, as clients and bots see it. */
final class HedgingProtocolTest extends ProtocolFixture {

  private static final RequestMetadata COMPILE =
      RequestMetadata.newBuilder()
          .setToolInvocationId("invocation")
          .setActionMnemonic("CppCompile")
          .setTargetId("//a")
          .build();

  private ExecuteRequest.Builder request(String name) {
    return client.request(client.action(name));
  }

  /** Like actions that take ten seconds each. */
  private void learn() throws Exception {
    for (int i = 0; i < 5; i++) {
      Following following = execute(COMPILE, request("like " + i));
      following.until(Value.QUEUED);
      StockBot bot = new StockBot(replica, "before", 1).open();
      Lease lease = bot.take();
      clock.advance(Duration.ofSeconds(10));
      bot.complete(lease, StockBot.GOOD);
      bot.say(BotStatus.BOT_TERMINATING);
      bot.poll();
      following.response();
    }
  }

  /** Two clients wait for what a bot has had for far too long. */
  private record Slow(List<Following> waiting, StockBot bot, Lease lease) {}

  private Slow slow() throws Exception {
    learn();
    List<Following> waiting =
        List.of(execute(COMPILE, request("slow")), execute(COMPILE, request("slow")));
    for (Following one : waiting) {
      one.until(Value.QUEUED);
    }
    StockBot bot = new StockBot(replica, "slow", 1).open();
    Lease lease = bot.take();
    bot.poll();
    for (Following one : waiting) {
      one.until(Value.EXECUTING);
    }
    clock.advance(Duration.ofSeconds(21));
    return new Slow(waiting, bot, lease);
  }

  /** The bot waits for work, and is given what hangs elsewhere. */
  private Lease hedged(StockBot bot, Replica at) throws Exception {
    Future<BotSession> poll = bot.pollAsync();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          at.hedge();
          return poll.isDone();
        });
    return bot.take();
  }

  @Test
  void theSecondBotBringsItAndTheFirstIsToldToStop() throws Exception {
    try (Replica other = replica(Duration.ofSeconds(20))) {
      Slow slow = slow();
      StockBot quick = new StockBot(other, "quick", 1).open();
      Lease hedge = hedged(quick, other);
      assertThat(hedge.getPayload()).isEqualTo(slow.lease().getPayload());
      quick.complete(hedge, StockBot.GOOD);
      Future<BotSession> unused = quick.pollAsync();

      for (Following one : slow.waiting()) {
        ExecuteResponse response = one.response();
        assertThat(response.getStatus().getCode()).isZero();
        assertThat(response.getResult().getExecutionMetadata().getWorker()).isEqualTo("quick");
        assertThat(one.stages()).containsExactly(Value.QUEUED, Value.EXECUTING, Value.COMPLETED);
      }
      Lease told = slow.bot().poll().getLeases(0);
      assertThat(told.getId()).isEqualTo(slow.lease().getId());
      assertThat(told.getState()).isEqualTo(LeaseState.CANCELLED);
    }
  }

  @Test
  void theFirstBotMayStillBringItAndTheSecondIsToldToStop() throws Exception {
    Slow slow = slow();
    StockBot second = new StockBot(replica, "second", 1).open();
    Lease hedge = hedged(second, replica);
    slow.bot().complete(slow.lease(), StockBot.GOOD);
    Future<BotSession> next = slow.bot().pollAsync();

    for (Following one : slow.waiting()) {
      ActionResult result = one.response().getResult();
      assertThat(result.getExecutionMetadata().getWorker()).isEqualTo("slow");
    }
    Lease told = second.poll().getLeases(0);
    assertThat(told.getId()).isEqualTo(hedge.getId());
    assertThat(told.getState()).isEqualTo(LeaseState.CANCELLED);
    // A bot that knows repeats it until it is left out.
    assertThat(replica.sessions.leases(second.session().getName())).hasSize(1);
    Future<BotSession> unused = second.pollAsync();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> replica.sessions.leases(second.session().getName()).isEmpty());
  }

  @Test
  void aSecondBotThatFailsDisturbsNobody() throws Exception {
    Slow slow = slow();
    slow.bot().poll(slow.lease(), ExecutedActionMetadata.newBuilder().setWorker("slow").build());
    StockBot second = new StockBot(replica, "second", 1).open();
    Lease hedge = hedged(second, replica);
    second.fail(hedge, Code.UNAVAILABLE, "no room");
    Future<BotSession> unused = second.pollAsync();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> replica.sessions.leases(second.session().getName()).isEmpty());

    slow.bot().complete(slow.lease(), StockBot.GOOD);
    Future<BotSession> next = slow.bot().pollAsync();
    for (Following one : slow.waiting()) {
      assertThat(one.response().getStatus().getCode()).isZero();
      assertThat(one.stages()).containsExactly(Value.QUEUED, Value.EXECUTING, Value.COMPLETED);
    }
  }
}
