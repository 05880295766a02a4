package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.HedgePolicy;
import dev.millrace.execution.scheduling.Hedging;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.HeldLease.State;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;

/** Actions of which it is known how long they take, and bots that may hang over one. */
abstract class HedgeFixture {

  static final Duration EXPIRY = Duration.ofSeconds(30);
  static final Duration GRACE = Duration.ofHours(1);
  static final Duration TIMEOUT = Duration.ofMinutes(10);
  static final Duration TYPICAL = Duration.ofSeconds(10);

  /** Longer than twice the typical time. */
  static final Duration LONG = Duration.ofSeconds(21);

  static final Origin COMPILE = new Origin("bazel", "invocation", "//a", "CppCompile");
  static final TimeoutPolicy TIMEOUTS =
      new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));

  final ManualClock clock = ManualClock.standing();
  final DataSource dataSource = TestDatabase.create();
  final Database database = new Database(dataSource, 4);
  final AttemptPolicy attempts = new AttemptPolicy(2);
  final OperationStore operations = new OperationStore(database, clock, UUID::randomUUID, GRACE);
  final SessionStore sessions =
      new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY);
  final LeaseStore leases =
      new LeaseStore(
          database, clock, UUID::randomUUID, attempts, TIMEOUTS, EXPIRY, shares(Map.of()));
  final LiveActions actions = new LiveActions(database, clock);
  final Hedges hedges = hedges(database, Map.of());
  private int number;

  @BeforeEach
  final void migrate() {
    ExecutionSchema.migrations(dataSource).migrate();
  }

  static FairShare shares(Map<String, TeamShare> teams) {
    return new FairShare(teams, TeamShare.EQUAL, Duration.ofMinutes(1));
  }

  final Hedges hedges(Database replica, Map<String, TeamShare> teams) {
    Hedging hedging = new Hedging(new HedgePolicy(2, Duration.ofSeconds(15)), shares(teams));
    return new Hedges(replica, clock, UUID::randomUUID, hedging, TIMEOUTS, EXPIRY);
  }

  final OperationName submit(String content, Origin origin, Requirements requirements) {
    return operations.submit(submission(content, origin, requirements), InliningWishes.NONE).name();
  }

  static Submission submission(String content, Origin origin, Requirements requirements) {
    return new Submission(
        new InstanceName("team"),
        DigestFunction.SHA256.digestOf(content.getBytes(StandardCharsets.UTF_8)),
        Action.getDefaultInstance(),
        requirements,
        /* mergeable= */ true,
        /* doNotCache= */ false,
        0,
        TIMEOUT,
        origin);
  }

  final OperationName submit(String content) {
    return submit(content, COMPILE, Requirements.NONE);
  }

  static BotSession session(String id, int slots) {
    Offer offer = new Offer(InstanceName.ROOT, /* below= */ true, Map.of());
    return new BotSession(InstanceName.ROOT, id, offer, slots, /* acceptsWork= */ true);
  }

  final FreeBot bot(String id, int slots) {
    return new FreeBot(sessions.open(session(id, slots)), session(id, slots).offer(), slots);
  }

  final FreeBot bot(String id) {
    return bot(id, 1);
  }

  /** The only lease that a bot has. */
  final HeldLease leaseOf(FreeBot bot) {
    return sessions.leases(bot.session()).getFirst();
  }

  static ExecuteResponse success() {
    return Endings.ran(ActionResult.getDefaultInstance());
  }

  static ExecuteResponse success(String raw) {
    return Endings.ran(
        ActionResult.newBuilder()
            .setStdoutRaw(com.google.protobuf.ByteString.copyFromUtf8(raw))
            .build());
  }

  /** A few like actions take what is typical of them. */
  final void learn() {
    learn(5, success());
  }

  final void learn(int times, ExecuteResponse response) {
    FreeBot bot = bot("before");
    for (int i = 0; i < times; i++) {
      OperationName unused = submit("like " + number++);
      give(bot);
      clock.advance(TYPICAL);
      leases.finish(leaseOf(bot).id(), bot.session(), response);
    }
  }

  final void give(FreeBot bot) {
    assertThat(leases.assign(List.of(bot)).leases()).containsEntry(bot.session(), 1);
  }

  final OperationState state(OperationName name) {
    return operations.get(name).state();
  }

  /** What a bot is told that reports leases. */
  final List<HeldLease> report(FreeBot bot, String id, List<LeaseReport> reports) {
    return sessions.report(bot.session(), session(id, 1), reports).leases();
  }

  /** The bot says that it is at its lease. */
  final void report(FreeBot bot, String id) {
    List<LeaseReport> held =
        sessions.leases(bot.session()).stream()
            .map(lease -> new LeaseReport(lease.id(), State.ACTIVE, Optional.empty()))
            .toList();
    List<HeldLease> unused = report(bot, id, held);
  }

  /** What is left to a bot that is about to end and never began anything. */
  final List<HeldLease> leave(FreeBot bot, String id) {
    return sessions.leave(bot.session(), session(id, 1), List.of());
  }

  final int expire() {
    return leases.expire(clock.instant());
  }

  final int endOverdue() {
    return leases.endOverdue(clock.instant());
  }

  final int stopUnwatched() {
    return operations.stopUnwatched(clock.instant());
  }

  /**
   * An action that two wait for and two bots have.
   *
   * @param slow the bot that had it first
   */
  record Race(
      OperationName one,
      OperationName other,
      FreeBot slow,
      FreeBot second,
      UUID first,
      UUID hedge) {}

  final Race race() {
    learn();
    OperationName one = submit("slow");
    OperationName other = submit("slow");
    FreeBot slow = bot("slow");
    give(slow);
    clock.advance(LONG);
    FreeBot second = bot("second");
    assertThat(hedges.give(List.of(second)).leases()).containsEntry(second.session(), 1);
    return new Race(one, other, slow, second, leaseOf(slow).id(), leaseOf(second).id());
  }
}
