package dev.millrace.cas.collection;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.cas.index.ScrubbingIndex;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ScrubberTest {

  private static final InstanceName TEAM = new InstanceName("team");
  private static final int PIECE = 2_500_000;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final Stock stock = new Stock();
  private final Stock.Replica replica = stock.replica();
  private final MemoryObjects objects = new MemoryObjects(stock.objects, stock.clock.instant());
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Long> passed = new ArrayList<>();
  private final Scrubber scrubber = scrubber(1);

  private Scrubber scrubber(double dailyShare) {
    return new Scrubber(
        new ScrubbingIndex(replica.database),
        new Quarantine(replica.index, 2, stock.clock),
        objects,
        new ScrubSettings(dailyShare, passed::add),
        new CollectionMetrics(registry),
        stock.clock);
  }

  @AfterEach
  void close() {
    stock.close();
  }

  @Test
  void soundBlobsAreReadInTheirTurnWhichIsNoUseOfThem() {
    Digest small = replica.write(TEAM, random.next(100), PIECE);
    Digest large = replica.write(TEAM, random.next(2 * PIECE), PIECE);
    List<Instant> before = lastUses();
    assertThat(scrubFor(Duration.ofHours(25))).isZero();
    assertThat(passed).containsExactlyInAnyOrder(small.sizeBytes(), large.sizeBytes());
    assertThat(lastUses()).isEqualTo(before);
    assertThat(replica.index.findMissing(TEAM, Set.of(small, large))).isEmpty();
    assertThat(registry.counter("millrace.cas.scrubbed.bytes").count())
        .isEqualTo(small.sizeBytes() + large.sizeBytes());
  }

  @Test
  void aFlippedByteIsFoundAndSetAside() {
    Digest sound = replica.write(TEAM, random.next(3_000_000), PIECE);
    Set<UUID> others = Set.copyOf(stock.objects.keySet());
    Digest damaged = replica.write(TEAM, random.next(3_000_000), PIECE);
    UUID object =
        stock.objects.keySet().stream().filter(o -> !others.contains(o)).findAny().orElseThrow();
    flip(object);
    assertThat(scrubFor(Duration.ofHours(25))).isEqualTo(1);
    assertThat(replica.index.findMissing(TEAM, Set.of(sound, damaged))).containsExactly(damaged);
    assertThat(stock.count("cas.quarantine where reason like 'its hash is%'")).isEqualTo(1);
    assertThat(registry.counter("millrace.cas.corrupt.blobs").count()).isEqualTo(1);
    assertThat(stock.leaked()).isEmpty();
  }

  @Test
  void aFlippedByteInARowIsFoundThoughItsChecksumIsRight() {
    ByteString other = random.next(100);
    Digest damaged = replica.write(TEAM, random.next(100), PIECE);
    stock.sql.sql("update cas.bodies set content = ?").param(other.toByteArray()).update();
    assertThat(scrubFor(Duration.ofHours(25))).isEqualTo(1);
    assertThat(replica.index.findMissing(TEAM, Set.of(damaged))).containsExactly(damaged);
  }

  @Test
  void anObjectThatIsGoneOrCutIsFound() {
    Digest gone = replica.write(TEAM, random.next(3_000_000), 3_000_000 - 1);
    stock.objects.clear();
    Digest cut = replica.write(TEAM, random.next(3_000_000), 3_000_000 - 1);
    stock.objects.replaceAll((_, bytes) -> bytes.substring(0, bytes.size() - 1));
    assertThat(scrubFor(Duration.ofHours(72))).isEqualTo(2);
    assertThat(replica.index.findMissing(TEAM, Set.of(gone, cut))).hasSize(2);
  }

  @Test
  void rowsThatMakeNoSenseStopNothing() {
    Digest first = replica.write(TEAM, random.next(3_000_000), PIECE);
    stock.sql.sql("update cas.bodies set lengths = '{1}'").update();
    replica.write(TEAM, random.next(100), PIECE);
    stock.sql.sql("update cas.blobs set function = 77 where size = 100").update();
    replica.write(TEAM, random.next(101), PIECE);
    stock.sql.sql("update cas.blobs set hash = '' where size = 101").update();
    Digest sound = replica.write(TEAM, random.next(102), PIECE);
    Digest damaged = replica.write(TEAM, random.next(103), PIECE);
    stock
        .sql
        .sql(
            "update cas.bodies c set content = '' from cas.blobs b"
                + " where b.key = c.key and b.size = 103")
        .update();
    assertThat(scrubFor(Duration.ofHours(50))).isEqualTo(2);
    assertThat(replica.index.findMissing(TEAM, Set.of(first, sound, damaged)))
        .containsExactlyInAnyOrder(first, damaged);
    assertThat(stock.count("cas.quarantine where reason like 'its row makes no body%'"))
        .isEqualTo(1);
    assertThat(registry.counter("millrace.cas.scrub.unknown.rows").count())
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void whereEverythingSeemsDamagedHardlyAnythingIsSetAside() {
    Map<Digest, ByteString> blobs = new HashMap<>();
    for (int i = 0; i < 480; i++) {
      ByteString blob = random.next(100);
      blobs.put(DigestFunction.SHA256.digestOf(blob.toByteArray()), blob);
    }
    assertThat(replica.index.add(TEAM, blobs)).isEmpty();
    stock.sql.sql("update cas.bodies set content = ''").update();
    scrubber.scrub();
    stock.clock.advance(Duration.ofDays(1));
    assertThat(scrubber.scrub()).isEqualTo(2);
    assertThat(replica.index.findMissing(TEAM, blobs.keySet())).hasSize(2);
    assertThat(registry.counter("millrace.cas.scrub.unverified.blobs").count())
        .isGreaterThanOrEqualTo(17);
  }

  @Test
  void whatIsReadDifferentlyEachTimeIsNoDamage() {
    Digest blob = replica.write(TEAM, random.next(3_000_000), PIECE);
    objects.failFor(object -> {
      stock.objects.put(object, random.next(stock.objects.get(object).size()));
      return false;
    });
    assertThat(scrubFor(Duration.ofHours(25))).isZero();
    assertThat(replica.index.findMissing(TEAM, Set.of(blob))).isEmpty();
    assertThat(registry.counter("millrace.cas.scrub.unverified.blobs").count()).isPositive();
  }

  @Test
  void aFaultOfTheStoreIsNoDamage() {
    Digest blob = replica.write(TEAM, random.next(3_000_000), PIECE);
    objects.failFor(_ -> true);
    assertThat(scrubFor(Duration.ofHours(25))).isZero();
    assertThat(replica.index.findMissing(TEAM, Set.of(blob))).isEmpty();
    assertThat(registry.counter("millrace.cas.scrub.unverified.blobs").count()).isPositive();
    assertThat(registry.counter("millrace.cas.corrupt.blobs").count()).isZero();
  }

  @Test
  void aBlobThatWasReplacedMeanwhileStays() {
    ByteString content = random.next(3_000_000);
    Digest blob = replica.write(TEAM, content, PIECE);
    stock.objects.keySet().forEach(this::flip);
    objects.failFor(_ -> {
      // Comes between the reading of the index and that of the object.
      if (stock.sql.sql("delete from cas.bodies").update() > 0) {
        stock.sql.sql("delete from cas.blobs").update();
        replica.write(TEAM, content, PIECE);
      }
      return false;
    });
    assertThat(scrubFor(Duration.ofHours(25))).isZero();
    assertThat(replica.index.findMissing(TEAM, Set.of(blob))).isEmpty();
    assertThat(stock.isReadable(TEAM, blob)).isTrue();
  }

  @Test
  void theShareOfADayIsScrubbedInADayByAllReplicasTogether() {
    for (int i = 0; i < 200; i++) {
      replica.write(TEAM, random.next(20), PIECE);
    }
    Scrubber slow = scrubber(0.25);
    Scrubber other = scrubber(0.25);
    slow.scrub();
    for (int i = 0; i < 24 * 6; i++) {
      stock.clock.advance(Duration.ofMinutes(10));
      slow.scrub();
      other.scrub();
    }
    assertThat(passed.size()).isBetween(49, 51);
  }

  @Test
  void everyBlobHasItsTurnBeforeAnyHasAnother() {
    for (int i = 0; i < 30; i++) {
      replica.write(TEAM, random.next(100 + i), PIECE);
    }
    scrubFor(Duration.ofDays(2));
    assertThat(passed).hasSizeBetween(58, 60);
    assertThat(Set.copyOf(passed.subList(0, 30))).hasSize(30);
    assertThat(stock.sql.sql("select laps from cas.scrubbing").query(Long.class).single())
        .isPositive();
  }

  private int scrubFor(Duration time) {
    int damaged = scrubber.scrub();
    for (Duration past = Duration.ZERO; past.compareTo(time) < 0; past = past.plusMinutes(30)) {
      stock.clock.advance(Duration.ofMinutes(30));
      damaged += scrubber.scrub();
    }
    return damaged;
  }

  private void flip(UUID object) {
    byte[] bytes = stock.objects.get(object).toByteArray();
    bytes[bytes.length / 2] ^= 1;
    stock.objects.put(object, ByteString.copyFrom(bytes));
  }

  private List<Instant> lastUses() {
    return stock
        .sql
        .sql("select last_used from cas.blobs order by key")
        .query((row, _) -> row.getTimestamp(1).toInstant())
        .list();
  }
}
