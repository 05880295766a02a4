package dev.millrace.execution.store;

import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.DigestFunction;
import dev.millrace.execution.operation.OperationName;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.scheduling.AttemptPolicy;
import dev.millrace.execution.scheduling.FairShare;
import dev.millrace.execution.scheduling.Offer;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.scheduling.TeamShare;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is served when there is more to do than there are slots. */
final class RoundTest {

  private static final Duration EXPIRY = Duration.ofSeconds(30);
  private static final TimeoutPolicy TIMEOUTS =
      new TimeoutPolicy(Duration.ofHours(1), Duration.ofHours(6), Duration.ofMinutes(15));

  private final ManualClock clock = ManualClock.standing();
  private final DataSource dataSource = TestDatabase.create();
  private final Database database = new Database(dataSource, 4);
  private final AttemptPolicy attempts = new AttemptPolicy(3);
  private final OperationStore operations =
      new OperationStore(database, clock, UUID::randomUUID, Duration.ofMinutes(1));
  private final SessionStore sessions =
      new SessionStore(database, clock, UUID::randomUUID, attempts, EXPIRY);
  private int number;

  @BeforeEach
  void migrate() {
    ExecutionSchema.migrations(dataSource).migrate();
  }

  private LeaseStore leases(Map<String, TeamShare> teams) {
    FairShare shares = new FairShare(teams, TeamShare.EQUAL, Duration.ofMinutes(1));
    return new LeaseStore(database, clock, UUID::randomUUID, attempts, TIMEOUTS, EXPIRY, shares);
  }

  private List<OperationName> submit(int count, String instance, String invocation, int priority) {
    return submit(count, instance, invocation, priority, Requirements.NONE);
  }

  private List<OperationName> submit(
      int count, String instance, String invocation, int priority, Requirements requirements) {
    List<OperationName> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] content = ("action " + number++).getBytes(StandardCharsets.UTF_8);
      names.add(
          operations
              .submit(
                  new Submission(
                      new InstanceName(instance),
                      DigestFunction.SHA256.digestOf(content),
                      Action.getDefaultInstance(),
                      requirements,
                      /* mergeable= */ true,
                      /* doNotCache= */ false,
                      priority,
                      Duration.ofHours(1),
                      new Origin("bazel", invocation, "", "")),
                  InliningWishes.NONE)
              .name());
      clock.advance(Duration.ofMillis(1));
    }
    return names;
  }

  private static Offer everybodys(Map<String, Set<String>> properties) {
    return new Offer(InstanceName.ROOT, /* below= */ true, properties);
  }

  private FreeBot bot(String id, int slots) {
    return bot(id, slots, Map.of());
  }

  private FreeBot bot(String id, int slots, Map<String, Set<String>> properties) {
    Offer offer = everybodys(properties);
    String session =
        sessions.open(new BotSession(InstanceName.ROOT, id, offer, slots, /* acceptsWork= */ true));
    return new FreeBot(session, offer, slots);
  }

  private long executing(List<OperationName> names) {
    return names.stream().filter(n -> operations.get(n).state() instanceof Executing).count();
  }

  @Test
  void teamsShareEvenly() {
    List<OperationName> large = submit(100, "large/a", "1", 0);
    List<OperationName> small = submit(4, "small", "2", 0);
    Given given = leases(Map.of()).assign(List.of(bot("bot", 10)));

    assertThat(given.leases().values()).containsExactly(10);
    assertThat(executing(small)).isEqualTo(4);
    assertThat(executing(large)).isEqualTo(6);
  }

  @Test
  void instancesOfATeamAreOneTeam() {
    List<OperationName> one = submit(10, "team/a", "1", 0);
    List<OperationName> two = submit(10, "team/b", "2", 0);
    List<OperationName> other = submit(10, "other", "3", 0);
    Given unused = leases(Map.of()).assign(List.of(bot("bot", 8)));

    assertThat(executing(other)).isEqualTo(4);
    assertThat(executing(one)).isEqualTo(2);
    assertThat(executing(two)).isEqualTo(2);
  }

  @Test
  void whatRunsAlreadyCounts() {
    LeaseStore leases = leases(Map.of());
    List<OperationName> early = submit(20, "early", "1", 0);
    Given unused = leases.assign(List.of(bot("one", 6)));
    List<OperationName> late = submit(20, "late", "2", 0);
    Given alsoUnused = leases.assign(List.of(bot("two", 6)));

    assertThat(executing(early)).isEqualTo(6);
    assertThat(executing(late)).isEqualTo(6);
  }

  @Test
  void weightsAndLimitsOfTeamsHold() {
    List<OperationName> heavy = submit(20, "heavy", "1", 0);
    List<OperationName> light = submit(20, "light", "2", 0);
    List<OperationName> limited = submit(20, "limited", "3", 0);
    Map<String, TeamShare> teams =
        Map.of(
            "heavy", new TeamShare(2, Integer.MAX_VALUE),
            "limited", new TeamShare(1, 1));
    Given unused = leases(teams).assign(List.of(bot("bot", 10)));

    assertThat(executing(heavy)).isEqualTo(6);
    assertThat(executing(light)).isEqualTo(3);
    assertThat(executing(limited)).isEqualTo(1);
  }

  @Test
  void withinATeamUrgentWorkIsFirstUntilOtherWorkHasWaitedForLong() {
    LeaseStore leases = leases(Map.of());
    List<OperationName> patient = submit(1, "team", "1", 2);
    List<OperationName> urgent = submit(1, "team", "2", 0);
    Given unused = leases.assign(List.of(bot("one", 1)));
    assertThat(executing(urgent)).isOne();
    assertThat(executing(patient)).isZero();

    clock.advance(Duration.ofMinutes(3));
    List<OperationName> newer = submit(1, "team", "2", 0);
    Given alsoUnused = leases.assign(List.of(bot("two", 1)));
    assertThat(executing(patient)).isOne();
    assertThat(executing(newer)).isZero();
  }

  @Test
  void aBotIsGivenNoMoreThanItsResourcesAllow() {
    Requirements demanding = new Requirements(List.of(new Property("resource:cpus", "4")));
    List<OperationName> large = submit(5, "", "1", 0, demanding);
    List<OperationName> small = submit(1, "", "1", 0);
    LeaseStore leases = leases(Map.of());
    FreeBot bot = bot("bot", 10, Map.of("resource:cpus", Set.of("8")));

    assertThat(leases.assign(List.of(bot)).leases()).containsEntry(bot.session(), 3);
    assertThat(executing(large)).isEqualTo(2);
    assertThat(executing(small)).isOne();
    // Whoever thinks that it is still free learns that it is not.
    assertThat(leases.assign(List.of(bot)).full()).containsExactly(bot.session());
    assertThat(executing(large)).isEqualTo(2);
  }

  @Test
  void whatIsLeftOverWaitsForTheNextRound() {
    List<OperationName> names = submit(3, "", "1", 0);
    LeaseStore leases = leases(Map.of());
    FreeBot bot = bot("bot", 1);
    FreeBot boastful = new FreeBot(bot.session(), bot.offer(), 3);

    assertThat(leases.assign(List.of(boastful)).full()).containsExactly(bot.session());
    assertThat(executing(names)).isOne();
    assertThat(operations.get(names.get(2)).state()).isEqualTo(new Queued(0));
    assertThat(leases.assign(List.of(bot("other", 5))).leases().values()).containsExactly(2);
  }
}
