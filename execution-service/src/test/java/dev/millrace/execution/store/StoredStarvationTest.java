package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A team with ten actions is done in at most twice the time that its share alone would take,
 * however much another one has queued: with the queue in the database, and the replicas that there
 * are.
 */
final class StoredStarvationTest {

  private static final Duration EXPIRY = Duration.ofDays(1);
  private static final int FEW = 10;
  private static final int SHORTEST_MILLIS = 900;
  private static final int LONGEST_MILLIS = 1_100;

  private final ManualClock clock = ManualClock.standing();
  private final DataSource dataSource = TestDatabase.create();
  private final Database database = new Database(dataSource, 4);
  private final AttemptPolicy attempts = new AttemptPolicy(3);
  private final SessionStore sessions =
      new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY);
  private final PriorityQueue<End> ends = new PriorityQueue<>(Comparator.comparing(End::at));

  /** When a lease is over. */
  private record End(Instant at, UUID lease, Slot slot) {}

  /** A bot that works on one action at a time. */
  private record Slot(FreeBot bot) {}

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(dataSource).migrate();
  }

  private LeaseStore replica() {
    FairShare shares = new FairShare(Map.of(), TeamShare.EQUAL, Duration.ofMinutes(1));
    TimeoutPolicy timeouts =
        new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));
    return new LeaseStore(database, clock, UUID::randomUUID, attempts, timeouts, EXPIRY, shares);
  }

  private void queue(String team, int count) {
    long queue = new Queues(database).id(new InstanceName(team), Requirements.NONE);
    database.run(sql -> {
      int unused =
          sql.sql(
                  """
                  insert into execution.tasks (id, queue, instance, digest_function, action_hash,
                    action_size, action, mergeable, do_not_cache, priority, timeout_millis, tool,
                    invocation, target, mnemonic, team, team_user, stage, attempts, queued_at)
                  select gen_random_uuid(), :queue, :team, 1, encode(sha256(cast(:team || n as bytea)), 'hex'), 1, '', true, false, 0,
                    1000, 'bazel', :team, '', '', :team, '', 'QUEUED', 0, :now
                  from generate_series(1, :count) as n
                  """)
              .param("queue", queue)
              .param("team", team)
              .param("count", count)
              .param("now", Database.at(clock.instant()))
              .update();
    });
  }

  private List<Slot> slots(int count) {
    List<Slot> slots = new ArrayList<>();
    Offer offer = new Offer(InstanceName.ROOT, /* below= */ true, Map.of());
    for (int i = 0; i < count; i++) {
      BotSession bot =
          new BotSession(InstanceName.ROOT, "bot " + i, offer, 1, /* acceptsWork= */ true);
      slots.add(new Slot(new FreeBot(sessions.open(bot), offer, 1)));
    }
    return slots;
  }

  @ParameterizedTest(name = "{0} slots, {1} replicas")
  @CsvSource({"1,1", "1,2", "3,1", "4,2", "16,2"})
  void aTeamWithTenActionsIsNotHeldUpByOneWithTenThousand(int slots, int replicas) {
    long seed = System.nanoTime();
    System.out.println("StoredStarvationTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<LeaseStore> stores = new ArrayList<>();
    for (int i = 0; i < replicas; i++) {
      stores.add(replica());
    }
    queue("many", 10_000);
    List<Slot> all = slots(slots);
    give(stores, all, random);
    // They come while all slots are busy with the others'.
    step(stores, random);
    queue("few", FEW);
    Instant sent = clock.instant();
    while (left() > 0) {
      step(stores, random);
    }

    // Half of a single slot is a slot of half the speed.
    Duration alone = Duration.ofMillis(SHORTEST_MILLIS * (long) Math.ceil(FEW / (slots / 2.0)));
    assertThat(Duration.between(sent, clock.instant()))
        .as("seed " + seed)
        .isLessThanOrEqualTo(alone.multipliedBy(2));
  }

  @Test
  void onASingleSlotTeamsTakeTurns() {
    LeaseStore replica = replica();
    SplittableRandom random = new SplittableRandom(1);
    queue("many", 10_000);
    give(List.of(replica), slots(1), random);
    clock.advance(Duration.ofMillis(1));
    queue("few", FEW);
    List<String> served = new ArrayList<>();
    while (left() > 0) {
      step(List.of(replica), random);
      served.add(running());
    }

    List<String> turns = new ArrayList<>();
    for (int i = 0; i < FEW; i++) {
      turns.addAll(List.of("many", "few"));
    }
    turns.add("many");
    assertThat(served).isEqualTo(turns);
  }

  private String running() {
    return database.transaction(
        sql -> sql.sql("select team from execution.leases").query(String.class).single());
  }

  private int left() {
    return database.transaction(sql ->
        sql.sql(
                """
                select count(*) from execution.tasks where team = 'few' and stage <> 'COMPLETED'
                """)
            .query(Integer.class)
            .single());
  }

  /** The next lease ends, and some replica gives the slot out again. */
  private void step(List<LeaseStore> replicas, SplittableRandom random) {
    End end = ends.remove();
    clock.advance(Duration.between(clock.instant(), end.at()));
    any(replicas, random)
        .finish(end.lease(), end.slot().bot().session(), ExecuteResponse.getDefaultInstance());
    give(replicas, List.of(end.slot()), random);
  }

  private void give(List<LeaseStore> replicas, List<Slot> slots, SplittableRandom random) {
    Given given = any(replicas, random).assign(slots.stream().map(Slot::bot).toList());
    assertThat(given.leases()).hasSize(slots.size());
    for (Slot slot : slots) {
      UUID lease = sessions.leases(slot.bot().session()).getFirst().id();
      ends.add(
          new End(
              clock.instant().plusMillis(random.nextInt(SHORTEST_MILLIS, LONGEST_MILLIS)),
              lease,
              slot));
    }
  }

  /** A bot's call is with any of them. */
  private static LeaseStore any(List<LeaseStore> replicas, SplittableRandom random) {
    return replicas.get(random.nextInt(replicas.size()));
  }
}
