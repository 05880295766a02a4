package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Device;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Worker;
import com.google.protobuf.Any;
import com.google.rpc.Code;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Bots of a pool of their own, which complete at once whatever they are given. */
public final class Bots implements AutoCloseable {

  private static final Any RESULT = Any.pack(ActionResult.newBuilder().setExitCode(0).build());
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Channel channel;
  private final List<Bot> bots = new ArrayList<>();
  private volatile boolean closed;

  /** Opens their sessions. */
  Bots(Channel channel, String instance, String pool, int count, int capacity) {
    this.channel = channel;
    for (int i = 0; i < count; i++) {
      Bot bot = new Bot(session(channel, instance, pool, capacity));
      bots.add(bot);
      bot.report(bot.session);
    }
  }

  /** Opens the session of a bot that does not come for work. */
  static void openSilent(Channel channel, String instance, String pool) {
    BotSession unused = session(channel, instance, pool, 1);
  }

  private static BotSession session(Channel channel, String instance, String pool, int capacity) {
    Worker worker =
        Worker.newBuilder()
            .addDevices(
                Device.newBuilder()
                    .setHandle("bench")
                    .addProperties(Device.Property.newBuilder().setKey("pool").setValue(pool)))
            .addConfigs(
                Worker.Config.newBuilder().setKey("capacity").setValue(String.valueOf(capacity)))
            .build();
    BotSession session =
        BotSession.newBuilder()
            .setBotId("bench-" + UUID.randomUUID())
            .setStatus(BotStatus.OK)
            .setWorker(worker)
            .build();
    try {
      return BotsGrpc.newBlockingStub(channel)
          .withDeadlineAfter(PATIENCE)
          .createBotSession(
              CreateBotSessionRequest.newBuilder()
                  .setParent(instance)
                  .setBotSession(session)
                  .build());
    } catch (StatusRuntimeException refused) {
      throw new EndpointException("no bot is taken here: " + refused.getStatus(), refused);
    }
  }

  /** One bot, with at most one call under way. */
  private final class Bot implements FutureCallback<BotSession> {
    private final BotSession session;

    Bot(BotSession session) {
      this.session = session;
    }

    private void report(BotSession state) {
      UpdateBotSessionRequest request =
          UpdateBotSessionRequest.newBuilder()
              .setName(state.getName())
              .setBotSession(state)
              .build();
      Futures.addCallback(
          BotsGrpc.newFutureStub(channel).updateBotSession(request),
          this,
          MoreExecutors.directExecutor());
    }

    @Override
    public void onSuccess(BotSession reply) {
      BotSession.Builder next = reply.toBuilder().clearLeases();
      for (Lease lease : reply.getLeasesList()) {
        if (lease.getState() != LeaseState.CANCELLED) {
          next.addLeases(
              lease.toBuilder()
                  .setState(LeaseState.COMPLETED)
                  .setStatus(com.google.rpc.Status.newBuilder().setCode(Code.OK_VALUE))
                  .setResult(RESULT));
        }
      }
      if (!closed) {
        report(next.build());
      }
    }

    @Override
    public void onFailure(Throwable failure) {
      // Then nobody completes the actions, and the round says so.
      closed = true;
    }
  }

  /** Says goodbye for all of them. */
  @Override
  public void close() {
    closed = true;
    for (Bot bot : bots) {
      BotSession last =
          bot.session.toBuilder().clearLeases().setStatus(BotStatus.BOT_TERMINATING).build();
      try {
        BotSession unused =
            BotsGrpc.newBlockingStub(channel)
                .withDeadlineAfter(PATIENCE)
                .updateBotSession(
                    UpdateBotSessionRequest.newBuilder()
                        .setName(last.getName())
                        .setBotSession(last)
                        .build());
      } catch (StatusRuntimeException gone) {
        // Their sessions expire by themselves.
        return;
      }
    }
  }
}
