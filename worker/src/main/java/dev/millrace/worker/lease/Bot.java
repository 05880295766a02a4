package dev.millrace.worker.lease;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotStatus;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.millrace.worker.action.ActionRunner;
import io.grpc.Channel;
import io.grpc.Status;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets work from a Remote Workers API server and reports on it: opens a session, keeps one call at
 * the server at all times, and sends the next one at once when there is something to tell. The
 * server answers when it has work, so an idle bot costs next to nothing.
 *
 * <p>Everything happens on one thread, which takes events from a queue: answers, failures, the ends
 * of leases, the wish to stop. Leases run on threads of their own.
 */
public final class Bot {

  private static final Logger log = LoggerFactory.getLogger(Bot.class);

  private final BotDescription description;
  private final ActionRunner runner;
  private final BotTiming timing;
  private final Clock clock;
  private final BotsClient client;
  private final BlockingQueue<BotEvent> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Thread thread;

  private final LeaseTable leases;
  private final Backoff backoff;

  /** The session as the server described it last; none before there is one. */
  private @Nullable BotSession session;

  /** How long the session lives without a sign of life. */
  private Duration timeToLive;

  private @Nullable BotCall call;
  private long nextCallAt = System.nanoTime();
  private boolean draining;
  private boolean farewellAnswered;

  /** When running leases are stopped, and when the bot ends whatever there is; once draining. */
  private long graceEndsAt;

  private long farewellEndsAt;

  /** When the last lease ended, or draining began if that was later. */
  private long idleSince;

  @GuardedBy("this")
  private boolean started;

  /**
   * @param channel to the server
   * @param description what to say of this bot
   * @param runner runs what the leases ask for
   * @param timing when to call, and when to try again
   * @param clock tells how far away the server's expire times are
   * @param random scatters retries
   */
  public Bot(
      Channel channel,
      BotDescription description,
      ActionRunner runner,
      BotTiming timing,
      Clock clock,
      RandomGenerator random) {
    this.client = new BotsClient(channel);
    this.description = description;
    this.runner = runner;
    this.timing = timing;
    this.clock = clock;
    this.timeToLive = timing.patience();
    this.backoff = new Backoff(timing.firstRetry(), timing.lastRetry(), random);
    this.leases = new LeaseTable(description.slots(), this::startLease);
    this.thread = Thread.ofPlatform().name("bot").unstarted(this::live);
  }

  /** Begins to ask for work. */
  public synchronized void start() {
    started = true;
    thread.start();
  }

  /**
   * Ends the bot: it takes no more work, finishes what it has for as long as {@code grace} allows,
   * and says goodbye to the server.
   *
   * @return is completed once nothing runs any more
   */
  public synchronized CompletableFuture<Void> drain(Duration grace) {
    if (started) {
      events.add(new BotEvent.Drain(grace));
    } else {
      ended.complete(null);
    }
    return ended;
  }

  private void live() {
    try {
      while (!isOver()) {
        turn(events.poll(nanosToNextTurn(), TimeUnit.NANOSECONDS));
      }
      ended.complete(null);
    } catch (InterruptedException e) {
      log.error("the bot has died; the worker gets no more work", e);
      ended.completeExceptionally(e);
    } finally {
      leases.clear();
      dropCall();
    }
  }

  /** Whatever a server may come up with, and whatever state the channel is in, the bot goes on. */
  private void turn(@Nullable BotEvent event) {
    try {
      if (event != null) {
        handle(event);
      }
      checkTimes();
      if (call == null && System.nanoTime() - nextCallAt >= 0) {
        send();
      }
    } catch (RuntimeException e) {
      log.error("the bot could not go on as it should, and tries again", e);
      nextCallAt = System.nanoTime() + backoff.next().toNanos();
    }
  }

  private void handle(BotEvent event) {
    switch (event) {
      case BotEvent.Answered(BotCall answered, BotSession reply) -> {
        if (answered == call) {
          call = null;
          answered(answered, reply);
        }
      }
      case BotEvent.Failed(BotCall failed, Status status) -> {
        if (failed == call) {
          call = null;
          failed(failed, status);
        }
      }
      case BotEvent.LeaseEnded(HeldLease lease, LeaseResult result) -> {
        leases.ended(lease, result);
        idleSince = System.nanoTime();
      }
      case BotEvent.Drain(Duration grace) -> {
        if (!draining) {
          log.info("draining: at most {} for what runs", grace);
          draining = true;
          idleSince = System.nanoTime();
          graceEndsAt = idleSince + grace.toNanos();
          farewellEndsAt = graceEndsAt + timing.farewell().toNanos();
          leases.close();
        }
      }
    }
    if (leases.hasNews()) {
      hurry();
    }
  }

  /** Sends a call, and takes note of when to send the next one if this is answered at once. */
  private void send() {
    boolean creates = session == null;
    boolean terminating = draining;
    BotSession report =
        (session == null ? BotSession.newBuilder() : session.toBuilder())
            .setBotId(description.botId())
            .setWorker(description.toProto())
            .setStatus(draining ? BotStatus.BOT_TERMINATING : BotStatus.OK)
            .clearLeases()
            .addAllLeases(leases.report())
            .build();
    // The bot gives up before the deadline does, unless it is kept from it.
    Duration deadline = patience().plus(timing.farewell());
    ListenableFuture<BotSession> future =
        creates
            ? client.create(description.instance(), report, deadline)
            : client.update(report, leases.held(), deadline);
    BotCall sent = new BotCall(future, creates, terminating, System.nanoTime());
    call = sent;
    sent.whenDone(events::add);
  }

  private void answered(BotCall answered, BotSession reply) {
    if (backoff.hasFailures() || answered.creates()) {
      log.info("session {} with the server", reply.getName());
      backoff.reset();
    }
    session = reply;
    timeToLive = timeToLive(reply);
    nextCallAt = answered.sentAt() + timing.betweenCalls().toNanos();
    leases.apply(reply.getLeasesList());
    farewellAnswered = answered.isTerminating() && leases.isEmpty();
  }

  private void failed(BotCall failed, Status status) {
    if (!backoff.hasFailures()) {
      // Its cause is a stack of the transport's, which says no more than the description.
      log.warn(
          "no answer from the server, trying again: {} {}",
          status.getCode(),
          status.getDescription());
    }
    Duration wait = backoff.next();
    nextCallAt = System.nanoTime() + wait.toNanos();
    if (!failed.creates() && status.getCode() == Status.Code.NOT_FOUND) {
      // Its leases are somebody else's by now: whatever came of them here would come twice.
      log.warn("the session is gone; what runs is stopped, and a new session opened");
      session = null;
      leases.clear();
    }
  }

  /** Sends the next call now, even though one is held by the server: there is news. */
  private void hurry() {
    if (call != null && !call.creates()) {
      dropCall();
    }
    if (!backoff.hasFailures()) {
      nextCallAt = System.nanoTime();
    }
  }

  private void checkTimes() {
    long now = System.nanoTime();
    if (call != null && now - call.sentAt() >= patience().toNanos()) {
      // A sign of life, before the server takes the session for dead.
      if (call.creates()) {
        return;
      }
      dropCall();
      nextCallAt = now;
    }
    if (draining && leases.isBusy() && now - graceEndsAt >= 0) {
      leases.interruptAll();
    }
  }

  private void dropCall() {
    if (call != null) {
      BotCall dropped = call;
      call = null;
      dropped.cancel();
    }
  }

  private boolean isOver() {
    if (!draining) {
      return false;
    }
    if (System.nanoTime() - farewellEndsAt >= 0) {
      return true;
    }
    if (leases.isBusy()) {
      return false;
    }
    return leases.isEmpty() && (farewellAnswered || session == null)
        || System.nanoTime() - idleSince >= timing.farewell().toNanos();
  }

  private long nanosToNextTurn() {
    long now = System.nanoTime();
    long nanos = call == null ? nextCallAt - now : call.sentAt() + patience().toNanos() - now;
    if (call != null && call.creates()) {
      nanos = timing.patience().toNanos();
    }
    if (draining) {
      nanos = Math.min(nanos, farewellEndsAt - now);
      if (!leases.isBusy()) {
        nanos = Math.min(nanos, idleSince + timing.farewell().toNanos() - now);
      } else if (graceEndsAt - now > 0) {
        nanos = Math.min(nanos, graceEndsAt - now);
      }
    }
    return Math.max(nanos, 0);
  }

  /** How long a call may be held: until some time before the session would expire. */
  private Duration patience() {
    Duration most = timeToLive.multipliedBy(3).dividedBy(4);
    return most.compareTo(timing.patience()) < 0 ? most : timing.patience();
  }

  private Duration timeToLive(BotSession reply) {
    if (!reply.hasExpireTime()) {
      return timing.patience();
    }
    Instant expires =
        Instant.ofEpochSecond(reply.getExpireTime().getSeconds(), reply.getExpireTime().getNanos());
    Duration left = Duration.between(clock.instant(), expires);
    // Clocks that differ must not make the bot give up each call before it can be answered.
    Duration least = timing.betweenCalls().multipliedBy(8);
    return left.compareTo(least) < 0 ? least : left;
  }

  private Thread startLease(HeldLease lease) {
    return Thread.ofVirtual()
        .name("lease-" + lease.id())
        .start(() -> {
          LeaseResult result = LeaseResult.abandoned();
          try {
            result =
                LeaseResult.of(
                    runner.run(
                        LeasePayload.orderOf(lease.offered(), description.instance()),
                        lease::progressed));
          } catch (InterruptedException stopped) {
            log.info("lease {} was stopped", lease.id());
          } catch (Throwable thrown) {
            if (!Thread.currentThread().isInterrupted()) {
              result = LeaseResult.of(lease.id(), thrown);
            }
          } finally {
            events.add(new BotEvent.LeaseEnded(lease, result));
          }
        });
  }
}
