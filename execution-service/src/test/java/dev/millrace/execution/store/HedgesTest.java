package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.rpc.Code;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.store.Submission.Origin;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which actions are given to a second bot, and which bots get them. */
final class HedgesTest extends HedgeFixture {

  @Test
  void whatRunsFarPastItsLikeIsGivenToASecondBot() {
    learn();
    OperationName name = submit("slow");
    submit("slow");
    FreeBot slow = bot("slow");
    FreeBot idle = bot("idle");
    give(slow);
    clock.advance(TYPICAL.multipliedBy(2));
    assertThat(hedges.give(List.of(idle))).isEqualTo(Given.NOTHING);

    clock.advance(Duration.ofSeconds(1));
    assertThat(hedges.give(List.of(idle)).leases()).containsExactly(Map.entry(idle.session(), 1));
    assertThat(state(name)).isEqualTo(new Racing(2, leaseOf(slow).id(), leaseOf(idle).id()));
    assertThat(leaseOf(idle).state()).isEqualTo(HeldLease.State.PENDING);
    assertThat(leaseOf(idle).expiresAt()).isEqualTo(clock.instant().plus(EXPIRY));
  }

  @Test
  void whatOnlyOneWaitsForIsNot() {
    learn();
    OperationName alone = submit("slow");
    OperationName leaver = submit("slow");
    OperationName forgotten = submit("slow");
    give(bot("slow"));
    clock.advance(LONG);
    operations.cancel(leaver);
    operations.delete(forgotten);

    assertThat(hedges.give(List.of(bot("idle")))).isEqualTo(Given.NOTHING);
    assertThat(state(alone)).isInstanceOf(Executing.class);
  }

  @Test
  void whoIsNotFollowedAnyMoreDoesNotWait() {
    learn();
    OperationName followed = submit("slow");
    submit("slow");
    give(bot("slow"));
    clock.advance(GRACE.minusMinutes(1));
    operations.follow(followed);
    clock.advance(Duration.ofMinutes(2));

    assertThat(hedges.give(List.of(bot("idle")))).isEqualTo(Given.NOTHING);
  }

  @Test
  void whatIsLikeNothingOrTooLittleIsNot() {
    learn(4, success());
    submit("slow");
    submit("slow");
    submit("unknown", Origin.UNKNOWN, Requirements.NONE);
    submit("unknown", Origin.UNKNOWN, Requirements.NONE);
    Origin link = new Origin("bazel", "invocation", "//a", "CppLink");
    submit("other", link, Requirements.NONE);
    submit("other", link, Requirements.NONE);
    assertThat(leases.assign(List.of(bot("slow", 3))).leases()).hasSize(1);
    clock.advance(Duration.ofMinutes(9));

    assertThat(hedges.give(List.of(bot("idle", 3)))).isEqualTo(Given.NOTHING);
  }

  @Test
  void whatDidNotGoWellTellsNothingOfHowLongItTakes() {
    learn(2, Endings.ran(ActionResult.newBuilder().setExitCode(1).build()));
    learn(2, Endings.failed(Code.DEADLINE_EXCEEDED, "too long"));
    learn(4, success());
    FreeBot bot = bot("cancelled");
    OperationName cancelled = submit("cancelled");
    give(bot);
    operations.cancel(cancelled);
    operations.remember(
        submission("known", COMPILE, Requirements.NONE),
        Endings.known(ActionResult.getDefaultInstance()),
        InliningWishes.NONE);
    submit("slow");
    submit("slow");
    give(bot("slow"));
    clock.advance(LONG);
    FreeBot idle = bot("idle");
    assertThat(hedges.give(List.of(idle))).isEqualTo(Given.NOTHING);

    learn(1, success());
    assertThat(hedges.give(List.of(idle)).leases()).hasSize(1);
  }

  @Test
  void aRaceTellsNothingOfHowLongItTakes() {
    Race race = race();
    leases.finish(race.hedge(), race.second().session(), success());

    long known =
        database.transaction(sql ->
            sql.sql(
                    """
                    select count(*) from execution.tasks
                    where stage = 'COMPLETED' and leased_at is not null
                    """)
                .query(Long.class)
                .single());
    assertThat(known).isEqualTo(5);
  }

  @Test
  void whatIsLikeIsFoundHoweverLongItsName() {
    String name =
        new SplittableRandom(1)
            .ints(10_000, 'a', 'z')
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    Origin origin = new Origin("bazel", "invocation", name, "CppCompile");
    FreeBot bot = bot("bot");
    for (int i = 0; i < 5; i++) {
      submit("long " + i, origin, Requirements.NONE);
      give(bot);
      clock.advance(TYPICAL);
      leases.finish(leaseOf(bot).id(), bot.session(), success());
    }
    submit("slow", origin, Requirements.NONE);
    submit("slow", origin, Requirements.NONE);
    give(bot);
    clock.advance(LONG);

    assertThat(hedges.give(List.of(bot("idle"))).leases()).hasSize(1);
  }

  @Test
  void theBotThatHasItIsNotGivenItAgain() {
    learn();
    OperationName name = submit("slow");
    submit("slow");
    FreeBot slow = bot("slow", 2);
    give(slow);
    clock.advance(LONG);

    assertThat(hedges.give(List.of(slow)).leases()).isEmpty();
    assertThat(state(name)).isInstanceOf(Executing.class);
    assertThat(sessions.leases(slow.session())).hasSize(1);
  }

  @Test
  void aSlotThatSomethingQueuedHasAUseForIsLeftToThat() {
    learn();
    submit("slow");
    submit("slow");
    give(bot("slow"));
    clock.advance(LONG);
    FreeBot idle = bot("idle", 2);
    // Nobody has a use for it who asks for something else.
    submit("elsewhere", COMPILE, new Requirements(List.of(new Property("gpu", "a"))));
    submit("queued");
    assertThat(hedges.give(List.of(idle)).leases()).isEmpty();

    give(idle);
    assertThat(hedges.give(List.of(idle)).leases()).containsEntry(idle.session(), 1);
    assertThat(sessions.leases(idle.session())).hasSize(2);
  }

  @Test
  void aTeamAtItsLimitRunsNothingTwiceAndKeepsNoSlotFromOthers() {
    learn();
    submit("slow");
    submit("slow");
    give(bot("slow"));
    submit("queued");
    clock.advance(LONG);
    FreeBot idle = bot("idle");
    Hedges limited = hedges(database, Map.of("team", new TeamShare(1, 1)));
    assertThat(limited.give(List.of(idle)).leases()).isEmpty();

    // Where it may run two, what it has queued could have the slot.
    Hedges twice = hedges(database, Map.of("team", new TeamShare(1, 2)));
    assertThat(twice.give(List.of(idle)).leases()).isEmpty();
  }

  @Test
  void aBotThatIsDrainedOrHasLessRoomThanWasThoughtIsNotUsed() {
    learn();
    submit("slow");
    submit("slow");
    give(bot("slow"));
    FreeBot busy = bot("busy");
    submit("else");
    give(busy);
    clock.advance(LONG);
    FreeBot drained = bot("drained");
    Drains drains = new Drains(database, clock);
    drains.begin(WorkerPattern.of(null, "drained", null), "alice", "update", Optional.empty());

    for (FreeBot unfit : List.of(busy, drained)) {
      // Whoever thinks that it is free learns that it is not.
      Given given = hedges.give(List.of(unfit));
      assertThat(given.leases()).isEmpty();
      assertThat(given.full()).containsExactly(unfit.session());
    }
    assertThat(hedges.give(List.of(bot("idle"))).leases()).hasSize(1);
  }

  @Test
  void replicasThatLookAtOnceGiveItOnce() throws Exception {
    learn();
    OperationName name = submit("slow");
    submit("slow");
    give(bot("slow"));
    clock.advance(LONG);
    List<Callable<Given>> looks =
        IntStream.range(0, 8)
            .<Callable<Given>>mapToObj(i -> {
              FreeBot idle = bot("idle " + i);
              Hedges replica = hedges(new Database(dataSource, 2), Map.of());
              return () -> replica.give(List.of(idle));
            })
            .toList();
    int given = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Given> look : threads.invokeAll(looks)) {
        given += look.get().leases().size();
      }
    }

    assertThat(given).isOne();
    assertThat(state(name)).isInstanceOf(Racing.class);
  }

  @Test
  void itIsGivenToASecondBotOnceWhateverBecomesOfThat() {
    Race race = race();
    leases.fail(race.hedge(), race.second().session(), Code.UNAVAILABLE, "out of memory");
    clock.advance(LONG);

    assertThat(state(race.one())).isEqualTo(new Executing(2, race.first()));
    assertThat(hedges.give(List.of(bot("third"))).leases()).isEmpty();
  }
}
