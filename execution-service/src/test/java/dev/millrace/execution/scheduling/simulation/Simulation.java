package dev.millrace.execution.scheduling.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.VisitedTransitions;
import dev.millrace.execution.scheduling.Assignment;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.HedgePolicy;
import dev.millrace.execution.scheduling.Locality;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.simulation.SimulatedStore.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Teams, bots, replicas and a database on virtual time, each of which fails now and then: bots
 * crash, fall silent and leave, rounds and replicas are lost, nobody reaches the database for a
 * while. All of it follows from the seed.
 */
final class Simulation {

  private static final Duration STEP = Duration.ofMillis(200);
  private static final Duration ENOUGH = Duration.ofMinutes(15);
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final int REPLICAS = 3;
  private static final int MAX_ATTEMPTS = 4;

  private static final FairShare SHARES =
      new FairShare(
          Map.of("green", new TeamShare(2, Integer.MAX_VALUE), "blue", new TeamShare(3, 150)),
          TeamShare.EQUAL,
          Duration.ofSeconds(3));

  private static final HedgePolicy HEDGING = new HedgePolicy(1.2, Duration.ofMillis(500));

  private final SplittableRandom random;
  private final SimulatedStore store;
  private final Load load;
  private final Fleet fleet;
  private final Round round;
  private final RoundInvariants invariants = new RoundInvariants(SHARES, Load.QUEUES);
  private final HedgeInvariants hedgeInvariants = new HedgeInvariants(SHARES, HEDGING, Load.QUEUES);
  private final Deque<SimulatedTask> unsent = new ArrayDeque<>();
  private final Instant[] replicaDownUntil = new Instant[REPLICAS];
  private Instant databaseDownUntil = START;
  private Instant expireFrom = START;
  private Instant now = START;

  Simulation(long seed, VisitedTransitions transitions) {
    this.random = new SplittableRandom(seed);
    this.store = new SimulatedStore(new AttemptPolicy(MAX_ATTEMPTS), transitions);
    this.load = new Load(random.split(), 20, 5_000, START);
    this.fleet = new Fleet(random.split(), 200, REPLICAS);
    this.round = new Round(store, SHARES, HEDGING, Load.QUEUES);
    Arrays.fill(replicaDownUntil, START);
  }

  void run() {
    for (int step = 0; !isOver(); step++) {
      now = now.plus(STEP);
      assertThat(Duration.between(START, now)).as("time until all is done").isLessThan(ENOUGH);
      unsent.addAll(load.due(now));
      fail();
      fleet.bots().forEach(this::work);
      if (isDatabaseUp()) {
        submit();
        if (step % 10 == 0) {
          sweep();
        }
        for (int replica = 0; replica < REPLICAS; replica++) {
          if (!replicaDownUntil[replica].isAfter(now)) {
            dispatch(replica, step % 2 == 0);
          }
        }
      }
      if (step % 20 == 0) {
        checkLeases();
        hedgeInvariants.checkRaces(store);
        checkShares();
      }
    }
    checkEnd();
  }

  private boolean isOver() {
    return load.isOver() && unsent.isEmpty() && store.open() == 0;
  }

  private boolean isDatabaseUp() {
    return !databaseDownUntil.isAfter(now);
  }

  private boolean oneIn(int times) {
    return random.nextInt(times) == 0;
  }

  private Instant soon(int millis) {
    return now.plusMillis(random.nextInt(millis));
  }

  private void fail() {
    if (oneIn(20)) {
      fleet.lose(fleet.any());
    }
    if (oneIn(20)) {
      fleet.any().silentUntil = soon(12_000);
    }
    if (oneIn(15) && isDatabaseUp()) {
      leave(fleet.any());
    }
    if (oneIn(5)) {
      fleet.recover();
    }
    if (oneIn(100)) {
      int replica = random.nextInt(REPLICAS);
      replicaDownUntil[replica] = soon(3_000);
      fleet.move(replica);
    }
    if (oneIn(200)) {
      databaseDownUntil = soon(8_000);
      // Bots get the chance to report before they are given up.
      expireFrom = databaseDownUntil.plus(SimulatedStore.EXPIRY);
    }
  }

  private void leave(SimulatedBot bot) {
    bot.leave(store);
    fleet.lose(bot);
  }

  private void work(SimulatedBot bot) {
    if (bot.work(now)
        && isDatabaseUp()
        && !bot.silentUntil.isAfter(now)
        && !replicaDownUntil[bot.replica].isAfter(now)) {
      bot.poll(store, now);
    }
  }

  private void submit() {
    for (SimulatedTask task = unsent.poll(); task != null; task = unsent.poll()) {
      SimulatedTask run = store.submit(task);
      if (oneIn(100)) {
        store.leave(run);
      }
    }
    if (oneIn(10)) {
      abandon(oneIn(2) ? store.merged() : store.racing());
    }
  }

  /** All who wait for one of the actions leave. */
  private void abandon(List<SimulatedTask> tasks) {
    if (!tasks.isEmpty()) {
      SimulatedTask unwanted = tasks.get(random.nextInt(tasks.size()));
      while (!(unwanted.state instanceof Completed)) {
        store.leave(unwanted);
      }
    }
  }

  private void sweep() {
    if (!expireFrom.isAfter(now)) {
      store.expire(now);
    }
  }

  private void dispatch(int replica, boolean hedges) {
    if (store.queued() == 0 && !hedges) {
      return;
    }
    List<SimulatedBot> waiting = fleet.connectedTo(replica, now);
    if (waiting.stream().noneMatch(bot -> store.countOf(bot.session) < bot.capacity)) {
      return;
    }
    Round.Outcome outcome = round.decide(waiting, locality(waiting), now);
    if (oneIn(30)) {
      // Lost before anything was written.
      return;
    }
    round.write(outcome, now);
    invariants.check(outcome, store, now);
    Set<String> told = new LinkedHashSet<>();
    if (hedges) {
      hedge(waiting).stream().map(Assignment::session).forEach(told::add);
    }
    boolean second = !told.isEmpty();
    outcome.assignments().stream().map(Assignment::session).forEach(told::add);
    if (!told.isEmpty() && oneIn(second ? 3 : 20)) {
      // Gone before it began.
      String gone = told.iterator().next();
      told.remove(gone);
      leave(fleet.bot(gone));
    }
    if (oneIn(30)) {
      // Lost before anybody was told: bots learn of it when they ask again.
      return;
    }
    told.forEach(session -> fleet.bot(session).poll(store, now));
  }

  private List<Assignment> hedge(List<SimulatedBot> waiting) {
    List<Assignment> chosen = round.decideHedges(waiting, now);
    hedgeInvariants.check(chosen, store, fleet, now);
    round.writeHedges(chosen, now);
    return chosen;
  }

  /** Now and then it is known who holds inputs of some of what waits. */
  private Locality locality(List<SimulatedBot> bots) {
    if (bots.isEmpty() || !oneIn(4)) {
      return Locality.UNKNOWN;
    }
    Map<UUID, Map<String, Long>> bytes = new HashMap<>();
    for (SimulatedTask task : store.waiting(20)) {
      String holder = bots.get(random.nextInt(bots.size())).session;
      bytes.put(task.id, Map.of(holder, random.nextLong(1L << 30)));
    }
    return new Locality(bytes);
  }

  private void checkLeases() {
    Map<UUID, Set<UUID>> live = new HashMap<>();
    for (Lease lease : store.leases()) {
      if (!lease.cancelled) {
        live.computeIfAbsent(lease.task.id, key -> new HashSet<>()).add(lease.id);
      }
    }
    for (SimulatedTask task : store.tasks()) {
      if (!(task.state instanceof Completed)) {
        assertThat(live.getOrDefault(task.id, Set.of()))
            .as("leases of %s", task)
            .isEqualTo(task.state.leases());
      }
    }
  }

  private void checkShares() {
    for (String team : Load.TEAMS) {
      assertThat(store.running(team)).as(team).isLessThanOrEqualTo(SHARES.of(team).limit());
    }
    for (SimulatedBot bot : fleet.bots()) {
      assertThat(store.countOf(bot.session)).as(bot.session).isLessThanOrEqualTo(bot.capacity);
      assertThat(bot.offer.resources().cover(store.heldBy(bot.session))).as(bot.session).isTrue();
    }
  }

  private void checkEnd() {
    for (SimulatedTask task : store.tasks()) {
      Completed over = (Completed) task.state;
      boolean stopped = over.response().hasStatus();
      boolean givenUp = over.response().getMessage().startsWith("given up");
      if (!stopped && (task.starts == 0 || givenUp != (task.failures.size() >= MAX_ATTEMPTS))) {
        throw new AssertionError("ended without an outcome: " + task);
      }
    }
  }
}
