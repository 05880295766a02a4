package dev.millrace.cas.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.cas.collection.Limit.Scope;
import dev.millrace.cas.index.Tally;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CollectorTest {

  private static final InstanceName TEAM = new InstanceName("team");
  private static final InstanceName PROJECT = new InstanceName("team/project");
  private static final InstanceName OTHER = new InstanceName("teammates");
  private static final int SIZE = 100;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Stock stock = new Stock();
  private final Stock.Replica replica = stock.replica();

  @AfterEach
  void close() {
    stock.close();
  }

  @Test
  void whatWasUsedLongestAgoGoesDownToTheLowWatermark() {
    List<Digest> oldestFirst = written(TEAM, 10, Duration.ofHours(1));
    Digest first = oldestFirst.removeFirst();
    replica.index.findMissing(TEAM, Set.of(first));
    oldestFirst.add(first);
    stock.clock.advance(Duration.ofDays(1));
    Collector collector = replica.collector(everything(900, 600));

    Round condemning = collector.collect().orElseThrow();
    assertThat(condemning.stored()).containsEntry(TEAM, new Tally(10, 10 * SIZE));
    assertThat(condemning.condemned()).containsEntry(TEAM, new Tally(4, 4 * SIZE));
    assertThat(present(TEAM, oldestFirst)).isEqualTo(oldestFirst);
    assertThat(stock.count("cas.blobs where condemned_at is not null")).isEqualTo(4);

    stock.clock.advance(Stock.CONDEMNED_FOR);
    Round deleting = collector.collect().orElseThrow();
    assertThat(deleting.deleted()).containsEntry(TEAM, new Tally(4, 4 * SIZE));
    assertThat(deleting.condemned()).isEmpty();
    assertThat(present(TEAM, oldestFirst)).isEqualTo(oldestFirst.subList(4, 10));
    assertThat(stock.count("cas.bodies")).isEqualTo(6);
  }

  @Test
  void nothingGoesWhileThereIsRoom() {
    written(TEAM, 10, Duration.ofHours(1));
    stock.clock.advance(Duration.ofDays(365));
    Round round = replica.collector(everything(1000, 1)).collect().orElseThrow();
    assertThat(round.condemned()).isEmpty();
    assertThat(replica.collector().collect().orElseThrow().condemned()).isEmpty();
  }

  @Test
  void whatWasUsedAtOneTimeGoesInPart() {
    written(TEAM, 50, Duration.ZERO);
    written(OTHER, 50, Duration.ZERO);
    stock.clock.advance(Duration.ofDays(1));
    Collector collector = replica.collector(Pace.UNTIL_INTERRUPTED, 7, everything(9000, 3150));
    Round round = collector.collect().orElseThrow();
    assertThat(Round.sum(round.condemned()).bytes()).isBetween(6850L, 7050L);
    assertThat(round.shortfalls()).isEmpty();
  }

  @Test
  void whatWasUsedLatelyStaysWhateverTheLimits() {
    List<Digest> old = written(TEAM, 3, Duration.ZERO);
    stock.clock.advance(Stock.RETENTION.promised().plus(Stock.RETENTION.precision()));
    written(TEAM, 7, Duration.ZERO);
    Limit limit = everything(100, 50);
    Round early = replica.collector(limit).collect().orElseThrow();
    assertThat(early.condemned()).isEmpty();
    assertThat(early.shortfalls()).containsExactly(new Shortfall(limit, 950));
    stock.clock.advance(Duration.ofSeconds(1));
    Round round = replica.collector(limit).collect().orElseThrow();
    assertThat(round.condemned()).containsEntry(TEAM, new Tally(3, 300));
    assertThat(round.shortfalls()).containsExactly(new Shortfall(limit, 650));
    stock.clock.advance(Stock.CONDEMNED_FOR);
    replica.collector(limit).collect();
    assertThat(present(TEAM, old)).isEmpty();
    assertThat(stock.count("cas.blobs")).isEqualTo(7);
  }

  @Test
  void aQuotaCountsAnInstanceAndThoseBelowIt() {
    List<Digest> other = written(OTHER, 10, Duration.ZERO);
    stock.clock.advance(Duration.ofHours(2));
    List<Digest> project = written(PROJECT, 5, Duration.ZERO);
    stock.clock.advance(Duration.ofHours(2));
    written(TEAM, 5, Duration.ZERO);
    stock.clock.advance(Duration.ofDays(1));
    Round round =
        replica
            .collector(new Limit(new Scope.Tree(TEAM), 900, 700), everything(2000, 2000))
            .collect()
            .orElseThrow();
    assertThat(round.condemned()).isEqualTo(Map.of(PROJECT, new Tally(3, 300)));
    assertThat(present(OTHER, other)).isEqualTo(other);
    assertThat(present(PROJECT, project)).hasSize(5);
  }

  @Test
  void whatAQuotaTakesCountsForTheStoreToo() {
    written(OTHER, 10, Duration.ZERO);
    stock.clock.advance(Duration.ofHours(2));
    written(TEAM, 10, Duration.ZERO);
    stock.clock.advance(Duration.ofDays(1));
    Round round =
        replica
            .collector(new Limit(new Scope.Tree(TEAM), 500, 500), everything(1800, 1200))
            .collect()
            .orElseThrow();
    assertThat(round.condemned()).isEqualTo(Map.of(TEAM, new Tally(5, 500)));
    Round next =
        replica
            .collector(new Limit(new Scope.Tree(TEAM), 500, 500), everything(1400, 1200))
            .collect()
            .orElseThrow();
    assertThat(next.condemned()).isEqualTo(Map.of(OTHER, new Tally(3, 300)));
  }

  @Test
  void whatIsUsedWhileCondemnedIsSpared() {
    List<Digest> blobs = written(TEAM, 10, Duration.ofHours(1));
    stock.clock.advance(Duration.ofDays(1));
    Collector collector = replica.collector(everything(900, 0));
    assertThat(Round.sum(collector.collect().orElseThrow().condemned()).blobs()).isEqualTo(10);
    replica.index.findMissing(TEAM, Set.copyOf(blobs.subList(0, 3)));
    replica.index.find(TEAM, Set.of(blobs.get(3)));
    stock.clock.advance(Duration.ofMinutes(10));
    Round round = collector.collect().orElseThrow();
    assertThat(Round.sum(round.deleted()).blobs()).isEqualTo(6);
    assertThat(round.spared()).isEqualTo(4);
    assertThat(present(TEAM, blobs)).isEqualTo(blobs.subList(0, 4));
  }

  @Test
  void theCondemnedAreDeletedOnlyAfterAWhile() {
    written(TEAM, 10, Duration.ZERO);
    stock.clock.advance(Duration.ofDays(1));
    Collector collector = replica.collector(everything(0, 0));
    collector.collect();
    stock.clock.advance(Stock.CONDEMNED_FOR.minusSeconds(1));
    Round early = collector.collect().orElseThrow();
    assertThat(early.deleted()).isEmpty();
    assertThat(early.waiting()).isEqualTo(new Tally(10, 1000));
    assertThat(early.condemned()).isEmpty();
  }

  @Test
  void objectsOfADeletedBlobLiveOnForAWhile() {
    ByteString blob = random.next(1000);
    replica.write(TEAM, blob, 300);
    assertThat(stock.objects).hasSize(4);
    stock.clock.advance(Duration.ofDays(1));
    collectAll();
    assertThat(stock.count("cas.blobs")).isZero();
    assertThat(stock.count("cas.deletions")).isEqualTo(4);
    assertThat(replica.deleteDueObjects()).isZero();
    stock.clock.advance(Stock.OBJECTS_LIVE_ON);
    assertThat(replica.deleteDueObjects()).isEqualTo(4);
    assertThat(stock.objects).isEmpty();
    assertThat(stock.count("cas.deletions")).isZero();
  }

  @Test
  void aRehearsalSaysWhatWouldGoAndChangesNothing() {
    written(TEAM, 10, Duration.ofHours(1));
    written(OTHER, 10, Duration.ofHours(1));
    stock.clock.advance(Duration.ofDays(1));
    Collector collector = replica.collector(everything(1500, 1000));
    List<Map<String, Object>> before = rows();
    Round rehearsed = collector.rehearse().orElseThrow();
    assertThat(rows()).isEqualTo(before);
    assertThat(rehearsed.rehearsed()).isTrue();
    Round real = collector.collect().orElseThrow();
    assertThat(rehearsed.condemned())
        .isEqualTo(real.condemned())
        .isEqualTo(Map.of(TEAM, new Tally(10, 1000)));
    stock.clock.advance(Stock.CONDEMNED_FOR);
    List<Map<String, Object>> condemned = rows();
    assertThat(collector.rehearse().orElseThrow().waiting()).isEqualTo(new Tally(10, 1000));
    assertThat(rows()).isEqualTo(condemned);
  }

  @Test
  void oneReplicaCollectsAtATime() {
    Stock.Replica second = stock.replica();
    List<Optional<Round>> meanwhile = new ArrayList<>();
    written(TEAM, 1, Duration.ZERO);
    Optional<Round> round =
        replica
            .collector(() -> meanwhile.add(second.collector().collect()), 10, everything(1, 1))
            .collect();
    assertThat(round).isPresent();
    assertThat(meanwhile).isNotEmpty().allMatch(Optional::isEmpty);
    assertThat(second.collector().collect()).isPresent();
  }

  @Test
  void whatSomeoneElseHasLockedIsNotWaitedFor() throws Exception {
    written(TEAM, 2, Duration.ZERO);
    stock.clock.advance(Duration.ofDays(1));
    Collector collector = replica.collector(everything(0, 0));
    assertThat(whileLocked("cas.blobs", collector).condemned())
        .isEqualTo(Map.of(TEAM, new Tally(1, SIZE)));
    assertThat(collector.collect().orElseThrow().condemned())
        .isEqualTo(Map.of(TEAM, new Tally(1, SIZE)));
    stock.clock.advance(Stock.CONDEMNED_FOR);
    assertThat(whileLocked("cas.bodies", collector).deleted())
        .isEqualTo(Map.of(TEAM, new Tally(1, SIZE)));
    assertThat(whileLocked("cas.blobs", collector).deleted()).isEmpty();
    assertThat(collector.collect().orElseThrow().deleted())
        .isEqualTo(Map.of(TEAM, new Tally(1, SIZE)));
  }

  private Round whileLocked(String table, Collector collector) throws Exception {
    try (Connection other = stock.dataSource.getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("select from " + table + " order by key limit 1 for no key update");
      Round round = collector.collect().orElseThrow();
      other.rollback();
      return round;
    }
  }

  @Test
  void aRoundThatFailsGivesBackItsTurn() {
    Collector failing =
        replica.collector(
            () -> {
              throw new IllegalStateException("on purpose");
            },
            10);
    assertThatThrownBy(failing::collect).hasMessage("on purpose");
    assertThat(stock.replica().collector().collect()).isPresent();
  }

  @Test
  void aCollectorThatLosesItsConnectionEndsItsRound() {
    written(TEAM, 10, Duration.ZERO);
    stock.clock.advance(Duration.ofDays(1));
    Collector cut =
        replica.collector(
            () ->
                stock
                    .sql
                    .sql(
                        """
                        select pg_terminate_backend(pid) from pg_locks
                        where locktype = 'advisory' and database =
                          (select oid from pg_database where datname = current_database())
                        """)
                    .query(Boolean.class)
                    .list(),
            10,
            everything(0, 0));
    assertThatThrownBy(cut::collect).isInstanceOf(dev.millrace.failure.Failure.Unavailable.class);
    assertThat(stock.count("cas.blobs where condemned_at is not null")).isZero();
    assertThat(stock.replica().collector(everything(0, 0)).collect()).isPresent();
  }

  @Test
  void aRoundThatAnotherReplicaHasJustEndedIsNotRepeated() {
    stock.replica().collector().collect();
    assertThat(replica.collector().collectUnlessSince(stock.clock.instant().minusSeconds(1)))
        .isEmpty();
    assertThat(replica.collector().collectUnlessSince(stock.clock.instant())).isPresent();
  }

  private void collectAll() {
    replica.collector(everything(0, 0)).collect();
    stock.clock.advance(Stock.CONDEMNED_FOR);
    replica.collector(everything(0, 0)).collect();
  }

  private List<Map<String, Object>> rows() {
    return stock
        .sql
        .sql(
            "select key::text, last_used::text, condemned_at::text, xmin::text from cas.blobs order by key")
        .query()
        .listOfRows();
  }

  private List<Digest> written(InstanceName instance, int count, Duration apart) {
    List<Digest> digests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      digests.add(replica.write(instance, random.next(SIZE), 1000));
      stock.clock.advance(apart);
    }
    return digests;
  }

  private List<Digest> present(InstanceName instance, List<Digest> digests) {
    return digests.stream().filter(digest -> stock.isReadable(instance, digest)).toList();
  }

  private static Limit everything(long high, long low) {
    return new Limit(new Scope.Everything(), high, low);
  }
}
