package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteResponse;
import build.bazel.remote.execution.v2.ExecutedActionMetadata;
import com.google.rpc.Code;
import dev.millrace.execution.admin.LiveAction;
import dev.millrace.execution.admin.PoolLoad;
import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.operation.OperationState.Racing;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.store.HeldLease.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All the ways in which an action ends, or goes on, that two bots have. */
final class RaceTest extends HedgeFixture {

  /** One of two bots, seen from itself. */
  private enum Side {
    FIRST,
    SECOND;

    FreeBot bot(Race race) {
      return this == FIRST ? race.slow() : race.second();
    }

    String id() {
      return this == FIRST ? "slow" : "second";
    }

    UUID lease(Race race) {
      return this == FIRST ? race.first() : race.hedge();
    }

    Side other() {
      return this == FIRST ? SECOND : FIRST;
    }
  }

  private Completed completed(Race race) {
    assertThat(state(race.other())).isEqualTo(state(race.one()));
    return (Completed) state(race.one());
  }

  private void assertStopped(FreeBot bot) {
    assertThat(sessions.leases(bot.session()))
        .singleElement()
        .satisfies(lease -> assertThat(lease.state()).isEqualTo(State.CANCELLED));
  }

  /** It is the one bot's alone now, and as good an action as any. */
  private void assertLeftTo(Side left, Race race, int attempts) {
    assertThat(state(race.one())).isEqualTo(new Executing(attempts, left.lease(race)));
    leases.finish(left.lease(race), left.bot(race).session(), success());
    assertThat(completed(race)).isEqualTo(new Completed(attempts, success()));
    assertThat(sessions.leases(left.bot(race).session())).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void theFirstOutcomeCountsAndTheOtherBotIsToldToStop(Side winner) {
    Race race = race();
    leases.finish(winner.lease(race), winner.bot(race).session(), success("won"));

    assertThat(completed(race)).isEqualTo(new Completed(2, success("won")));
    assertThat(sessions.leases(winner.bot(race).session())).isEmpty();
    FreeBot loser = winner.other().bot(race);
    assertStopped(loser);
    UUID late = winner.other().lease(race);
    leases.finish(late, loser.session(), success("lost"));
    assertThat(completed(race)).isEqualTo(new Completed(2, success("won")));
    assertThat(sessions.leases(loser.session())).isEmpty();
  }

  @Test
  void outcomesThatComeTogetherEndItOnce() throws Exception {
    Race race = race();
    ExecuteResponse one = success("one");
    ExecuteResponse other = success("other");
    // As one transaction settles what several bots bring at the same time.
    List<Boolean> counted =
        leases.finish(
            List.of(
                new LeaseStore.Outcome(held(Side.SECOND, race), one),
                new LeaseStore.Outcome(held(Side.FIRST, race), other),
                new LeaseStore.Outcome(held(Side.SECOND, race), one)));

    assertThat(counted).containsExactly(true, false, true);
    assertThat(completed(race)).isEqualTo(new Completed(2, one));
    assertThat(sessions.leases(race.slow().session())).isEmpty();
    assertThat(sessions.leases(race.second().session())).isEmpty();
  }

  private static LeaseRows.Held held(Side side, Race race) {
    return new LeaseRows.Held(side.lease(race), side.bot(race).session());
  }

  @ParameterizedTest
  @EnumSource
  void aBotThatFailsLeavesItToTheOtherThoughAllAttemptsAreMade(Side failing) {
    Race race = race();
    assertThat(attempts.allowsAnotherAfter(state(race.one()).attempts())).isFalse();
    leases.fail(failing.lease(race), failing.bot(race).session(), Code.INTERNAL, "no space");

    assertThat(sessions.leases(failing.bot(race).session())).isEmpty();
    assertLeftTo(failing.other(), race, 2);
  }

  @ParameterizedTest
  @EnumSource
  void whenBothFailItIsGivenUpIfAllAttemptsAreMade(Side failing) {
    Race race = race();
    leases.fail(failing.lease(race), failing.bot(race).session(), Code.INTERNAL, "no space");
    FreeBot last = failing.other().bot(race);
    leases.fail(failing.other().lease(race), last.session(), Code.INTERNAL, "no luck");

    assertThat(completed(race).response().getMessage()).contains("2 attempt(s)", "no luck");
    assertThat(sessions.leases(last.session())).isEmpty();
  }

  @Test
  void whenBothFailTogetherNeitherIsTakenToGoOn() {
    Race race = race();
    LeaseRows.Problem problem = new LeaseRows.Problem(Code.INTERNAL, "no space");
    // As one transaction takes what several bots report at the same time.
    database.run(sql -> {
      List<LeaseRows.Held> both = List.of(held(Side.FIRST, race), held(Side.SECOND, race));
      LeaseRows.lockTasksOf(sql, both)
          .forEach((held, task) ->
              LeaseRows.fail(
                  sql, task, held.lease(), problem, new AttemptPolicy(3), clock.instant()));
    });

    assertThat(state(race.one())).isEqualTo(new Queued(2));
    give(race.slow());
    assertThat(state(race.one())).isEqualTo(new Executing(3, leaseOf(race.slow()).id()));
  }

  @ParameterizedTest
  @EnumSource
  void whatBothGiveBackIsGivenOutAnewAndNotTwiceAgain(Side first) {
    Race race = race();
    for (Side side : List.of(first, first.other())) {
      assertThat(leave(side.bot(race), side.id())).isEmpty();
    }
    assertThat(state(race.one())).isEqualTo(new Queued(0));
    FreeBot next = bot("next");
    give(next);
    clock.advance(LONG);

    assertThat(hedges.give(List.of(bot("idle"))).leases()).isEmpty();
    leases.finish(leaseOf(next).id(), next.session(), success());
    assertThat(completed(race)).isEqualTo(new Completed(1, success()));
  }

  @ParameterizedTest
  @EnumSource
  void aBotThatIsNotHeardOfLeavesItToTheOther(Side lost) {
    Race race = race();
    clock.advance(EXPIRY.minusSeconds(1));
    report(lost.other().bot(race), lost.other().id());
    clock.advance(Duration.ofSeconds(2));

    assertThat(expire()).isOne();
    assertThat(sessions.leases(lost.bot(race).session())).isEmpty();
    assertLeftTo(lost.other(), race, 2);
  }

  @Test
  void bothBotsRenewTheirLeases() {
    Race race = race();
    for (int i = 0; i < 3; i++) {
      clock.advance(EXPIRY.minusSeconds(1));
      report(race.slow(), "slow");
      report(race.second(), "second");
    }

    assertThat(expire()).isZero();
    assertThat(state(race.one())).isEqualTo(new Racing(2, race.first(), race.hedge()));
  }

  @ParameterizedTest
  @EnumSource
  void aBotThatComesBackAsANewOneLeavesItToTheOther(Side lost) {
    Race race = race();
    FreeBot back = bot(lost.id());

    assertThat(sessions.leases(back.session())).isEmpty();
    assertLeftTo(lost.other(), race, 2);
  }

  @ParameterizedTest
  @EnumSource
  void aBotThatStopsItByItselfLeavesItToTheOther(Side stopping) {
    Race race = race();
    LeaseReport stopped = new LeaseReport(stopping.lease(race), State.CANCELLED, Optional.empty());

    assertThat(report(stopping.bot(race), stopping.id(), List.of(stopped))).isEmpty();
    assertLeftTo(stopping.other(), race, 2);
  }

  @Test
  void theBotThatHadItForTooLongIsStoppedAndTheOtherHasItsOwnTime() {
    Race race = race();
    clock.advance(TIMEOUTS.holdLimit(TIMEOUT).minus(LONG));
    assertThat(endOverdue()).isOne();
    assertThat(state(race.one())).isEqualTo(new Executing(2, race.hedge()));
    assertStopped(race.slow());

    clock.advance(LONG);
    assertThat(endOverdue()).isOne();
    assertThat(completed(race).response().getStatus().getCode())
        .isEqualTo(Code.DEADLINE_EXCEEDED_VALUE);
    assertStopped(race.second());
  }

  @Test
  void whatNobodyWantsAnyMoreIsStoppedOnBothBots() {
    Race race = race();
    operations.cancel(race.one());
    assertThat(state(race.other())).isInstanceOf(Racing.class);

    operations.cancel(race.other());
    assertThat(completed(race).response().getStatus().getCode()).isEqualTo(Code.CANCELLED_VALUE);
    assertStopped(race.slow());
    assertStopped(race.second());
    leases.drop(race.first(), race.slow().session());
    leases.drop(race.hedge(), race.second().session());
    assertThat(operations.forgetCompletedBefore(clock.instant().plusSeconds(1))).isEqualTo(6);
  }

  @Test
  void whatNobodyFollowsIsStoppedOnBothBots() {
    Race race = race();
    clock.advance(GRACE.plusSeconds(1));

    assertThat(stopUnwatched()).isOne();
    assertStopped(race.slow());
    assertStopped(race.second());
  }

  @Test
  void anOperatorSeesBothBotsAndStopsBoth() {
    Race race = race();
    LiveAction live = actions.list("", 10).getFirst();
    assertThat(live.workers()).containsExactly("slow", "second");
    assertThat(live.attempts()).isEqualTo(2);
    // It is one action, whoever has it.
    assertThat(new PoolLoads(database, clock).now())
        .singleElement()
        .extracting(PoolLoad::executing)
        .isEqualTo(1L);

    assertThat(actions.kill(race.one().id(), "alice", "hangs")).isEqualTo(LiveActions.Kill.DONE);
    assertStopped(race.slow());
    assertStopped(race.second());
  }

  @ParameterizedTest
  @EnumSource
  void aBotThatIsDrainedGoesOnWithItAndIsIdleWhenTheOtherWins(Side drained) {
    Race race = race();
    WorkerPattern pattern = WorkerPattern.of(null, drained.id(), null);
    new Drains(database, clock).begin(pattern, "alice", "update", Optional.empty());
    Workforce workforce = new Workforce(database, clock);
    assertThat(state(race.one())).isInstanceOf(Racing.class);
    assertThat(workforce.isIdle(pattern)).isFalse();

    Side winner = drained.other();
    leases.finish(winner.lease(race), winner.bot(race).session(), success());
    assertStopped(drained.bot(race));
    assertThat(report(drained.bot(race), drained.id(), List.of())).isEmpty();
    assertThat(workforce.isIdle(pattern)).isTrue();
  }

  @Test
  void theBotThatHasItForLongerSpeaksForItThenTheOther() {
    Race race = race();
    tell(Side.FIRST, race);
    tell(Side.SECOND, race);
    assertThat(operations.get(race.one()).task().partialMetadata()).isEqualTo(partial(Side.FIRST));

    leases.fail(race.first(), race.slow().session(), Code.INTERNAL, "no space");
    assertThat(operations.get(race.one()).task().partialMetadata())
        .isEqualTo(ExecutedActionMetadata.getDefaultInstance());
    tell(Side.SECOND, race);
    assertThat(operations.get(race.one()).task().partialMetadata()).isEqualTo(partial(Side.SECOND));
  }

  @Test
  void whatIsKnownOfItStaysWhenASecondBotComesAndGoes() {
    learn();
    submit("slow");
    var name = submit("slow");
    FreeBot slow = bot("slow");
    give(slow);
    UUID first = leaseOf(slow).id();
    Race race = new Race(name, name, slow, bot("second"), first, first);
    tell(Side.FIRST, race);
    clock.advance(LONG);
    assertThat(hedges.give(List.of(race.second())).leases()).hasSize(1);
    assertThat(operations.get(name).task().partialMetadata()).isEqualTo(partial(Side.FIRST));

    UUID hedge = leaseOf(race.second()).id();
    leases.fail(hedge, race.second().session(), Code.INTERNAL, "no space");
    assertThat(operations.get(name).task().partialMetadata()).isEqualTo(partial(Side.FIRST));
  }

  private void tell(Side side, Race race) {
    LeaseReport report =
        new LeaseReport(side.lease(race), State.ACTIVE, Optional.of(partial(side)));
    List<HeldLease> unused = report(side.bot(race), side.id(), List.of(report));
  }

  private static ExecutedActionMetadata partial(Side side) {
    return ExecutedActionMetadata.newBuilder().setWorker(side.id()).build();
  }
}
