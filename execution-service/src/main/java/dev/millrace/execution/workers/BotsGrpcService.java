package dev.millrace.execution.workers;

import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.devtools.remoteworkers.v1test2.BotSession;
import com.google.devtools.remoteworkers.v1test2.BotsGrpc;
import com.google.devtools.remoteworkers.v1test2.CreateBotSessionRequest;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.devtools.remoteworkers.v1test2.LeaseState;
import com.google.devtools.remoteworkers.v1test2.UpdateBotSessionRequest;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.HeldLease;
import dev.millrace.execution.store.LeaseReport;
import dev.millrace.execution.store.SessionStore;
import dev.millrace.execution.store.Standing;
import dev.millrace.execution.store.StoredText;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.request.InstancePolicy;
import dev.millrace.instance.InstanceName;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Holds a bot's call until there is something to tell it. What a bot is to have is in the database,
 * so that a call that breaks off loses nothing: the next one brings it, on any replica.
 *
 * <p>Bots end themselves on most errors, so that any passing fault is told as {@link
 * Failure.Unavailable}.
 */
public final class BotsGrpcService implements BindableService, BotsGrpc.AsyncService {

  /** For the answer to arrive before the caller's deadline. */
  private static final Duration DEADLINE_MARGIN = Duration.ofMillis(500);

  private final InstancePolicy instances;
  private final SessionStore sessions;
  private final LeaseSettlement settlement;
  private final Dispatcher dispatcher;
  private final Changes changes;
  private final PollTiming timing;
  private final Clock clock;

  public BotsGrpcService(
      InstancePolicy instances,
      SessionStore sessions,
      LeaseSettlement settlement,
      Dispatcher dispatcher,
      Changes changes,
      PollTiming timing,
      Clock clock) {
    this.instances = instances;
    this.sessions = sessions;
    this.settlement = settlement;
    this.dispatcher = dispatcher;
    this.changes = changes;
    this.timing = timing;
    this.clock = clock;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerInterceptors.intercept(
        BotsGrpc.bindService(this), new PartialMetadataInterceptor());
  }

  @Override
  public void createBotSession(
      CreateBotSessionRequest request, StreamObserver<BotSession> responses) {
    InstanceName instance = instances.require(StoredText.name("parent", request.getParent()));
    BotSession session = request.getBotSession();
    String name = passing(() -> sessions.open(BotMessages.session(instance, session)));
    responses.onNext(
        session.toBuilder()
            .setName(name)
            .clearLeases()
            .setExpireTime(BotMessages.timestamp(clock.instant().plus(timing.expiry())))
            .build());
    responses.onCompleted();
  }

  @Override
  public void updateBotSession(
      UpdateBotSessionRequest request, StreamObserver<BotSession> responses) {
    Update update = new Update(request, PartialMetadataInterceptor.current());
    BotSession reply = passing(update::handle);
    responses.onNext(reply);
    responses.onCompleted();
  }

  private static <T> T passing(Supplier<T> work) {
    try {
      return work.get();
    } catch (Failure.NotFound | Failure.InvalidRequest | Failure.Unavailable told) {
      throw told;
    } catch (RuntimeException fault) {
      throw new Failure.Unavailable("a fault that is hoped to pass: " + fault.getMessage(), fault);
    }
  }

  /** One report of a bot, and the answer to it. */
  private final class Update {
    private final String name;
    private final BotSession session;
    private final dev.millrace.execution.store.BotSession bot;
    private final Reply reply;
    private final List<LeaseReport> reports;

    Update(UpdateBotSessionRequest request, Map<String, ExecutedActionMetadata> partial) {
      name = request.getName();
      int unused = StoredText.bytes("name", name);
      session = request.getBotSession();
      bot = BotMessages.session(instances.require(instanceOf(name)), session);
      reply = new Reply(session.getLeasesList());
      reports =
          session.getLeasesList().stream()
              .filter(lease -> lease.getState() != LeaseState.COMPLETED)
              .map(lease -> BotMessages.report(lease, partial))
              .flatMap(Optional::stream)
              .toList();
    }

    BotSession handle() {
      settle();
      if (BotMessages.isLeaving(session.getStatus())) {
        return answer(sessions.leave(name, bot, reports));
      }
      try (Changes.Subscription own = changes.subscribe(Changes.session(name))) {
        return answer(await(own, sessions.report(name, bot, reports)));
      }
    }

    /**
     * Settles what the bot is done with. While that cannot be, the bot is none the less alive: what
     * it has, and what it is to report again, must not count as lost.
     */
    private void settle() {
      List<Lease> done =
          session.getLeasesList().stream()
              .filter(lease -> lease.getState() == LeaseState.COMPLETED)
              .toList();
      List<Settling> settled =
          Settling.all(done, lease -> settlement.settle(name, session.getBotId(), lease));
      Optional<Failure.Unavailable> problem =
          settled.stream().flatMap(one -> one.problem().stream()).findFirst();
      if (problem.isPresent()) {
        List<LeaseReport> left = new ArrayList<>(reports);
        settled.stream()
            .filter(one -> one.problem().isPresent())
            .flatMap(one -> BotMessages.id(one.lease()).stream())
            .map(id -> new LeaseReport(id, HeldLease.State.ACTIVE, Optional.empty()))
            .forEach(left::add);
        Standing unused = sessions.report(name, bot, left);
        throw problem.get();
      }
    }

    /** The bot as one that can be given more, if it can. */
    private Optional<FreeBot> free(List<HeldLease> held) {
      int room = bot.acceptsWork() ? bot.capacity() - held.size() : 0;
      Resources taken = held.stream().map(HeldLease::takes).reduce(Resources.NONE, Resources::plus);
      return room > 0 ? Optional.of(new FreeBot(name, bot.offer(), room, taken)) : Optional.empty();
    }

    /** Waits until there is news for the bot, it has gone, or the time is up. */
    private List<HeldLease> await(Changes.Subscription own, Standing reported) {
      Optional<FreeBot> free = free(reported.leases());
      boolean room = free.isPresent();
      Context call = Context.current();
      long end = System.nanoTime() + hold(call, reported.leases()).toNanos();
      try (Dispatcher.Place place = free.map(dispatcher::place).orElse(Dispatcher.NONE)) {
        call.addListener(gone -> own.wake(), Runnable::run);
        if (room && !reported.drained()) {
          serve(place);
        }
        Standing now = own.await(Duration.ZERO) ? sessions.standing(name) : reported;
        if (room && reported.drained() && !now.drained()) {
          serve(place);
        }
        while (!reply.isNews(now.leases()) && !call.isCancelled() && !changes.isClosed()) {
          Duration left = Duration.ofNanos(end - System.nanoTime());
          if (!left.isPositive()) {
            break;
          }
          if (own.await(left)) {
            now = sessions.standing(name);
            if (room && !now.drained() && !reply.isNews(now.leases())) {
              // It may have been passed over, while it was drained or had more to do.
              serve(place);
            }
          }
        }
        return now.leases();
      }
    }

    private void serve(Dispatcher.Place place) {
      place.again();
      dispatcher.dispatch();
    }

    /** A bot whose own deadline passes takes it that the server is gone, and ends itself. */
    private Duration hold(Context call, List<HeldLease> held) {
      Duration hold = hold(held);
      Deadline deadline = call.getDeadline();
      if (deadline == null) {
        return hold;
      }
      Duration allowed =
          Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)).minus(DEADLINE_MARGIN);
      return allowed.compareTo(hold) < 0 ? allowed : hold;
    }

    private Duration hold(List<HeldLease> held) {
      if (held.size() >= bot.capacity()) {
        return timing.busyHold();
      }
      return held.isEmpty() ? timing.idleHold() : timing.partlyBusyHold();
    }

    private BotSession answer(List<HeldLease> held) {
      boolean full = held.size() >= bot.capacity();
      Duration next = full ? timing.heartbeat() : timing.expiry();
      return session.toBuilder()
          .setName(name)
          .clearLeases()
          .addAllLeases(reply.leases(held))
          .setExpireTime(BotMessages.timestamp(clock.instant().plus(next)))
          .build();
    }
  }

  /** The instance in a session's name, which only we make. */
  private static String instanceOf(String name) {
    int at = name.lastIndexOf("/sessions/");
    return at < 0 ? "" : name.substring(0, at);
  }
}
