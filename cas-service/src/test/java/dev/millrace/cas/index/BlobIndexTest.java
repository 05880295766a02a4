package dev.millrace.cas.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.RandomBlobs;
import dev.millrace.testing.TestDatabase;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

final class BlobIndexTest {

  private static final InstanceName INSTANCE = new InstanceName("team");
  private static final Retention RETENTION = Retention.DEFAULT;

  private final RandomBlobs random = RandomBlobs.seeded();
  private final ManualClock clock = ManualClock.standing();
  private final DataSource dataSource = migrated();
  private final JdbcClient sql = JdbcClient.create(dataSource);
  private final IndexDatabase database = new IndexDatabase(dataSource, 8);
  private final Deletions deletions = new Deletions(database, Duration.ofDays(1), clock);
  private final BlobIndex index = new BlobIndex(database, deletions, RETENTION, clock);

  private static DataSource migrated() {
    DataSource database = TestDatabase.create();
    CasSchema.migrations(database).migrate();
    return database;
  }

  @Test
  void onlyAbsentDigestsAreMissing() {
    Map<Digest, ByteString> stored = blobs(100);
    Map<Digest, ByteString> absent = blobs(100);
    assertThat(index.findMissing(INSTANCE, absent.keySet())).isEqualTo(absent.keySet());
    assertThat(index.add(INSTANCE, stored)).isEmpty();
    Set<Digest> asked = new HashSet<>(stored.keySet());
    asked.addAll(absent.keySet());
    assertThat(index.findMissing(INSTANCE, asked)).isEqualTo(absent.keySet());
    assertThat(index.findMissing(new InstanceName("other"), asked)).isEqualTo(asked);
  }

  @Test
  void anotherFunctionOrSizeIsAnotherBlob() {
    ByteString content = random.next(100);
    Digest digest = digest(content);
    index.add(INSTANCE, Map.of(digest, content));
    Digest longer = new Digest(digest.function(), digest.hash(), 101);
    Digest other = new Digest(DigestFunction.BLAKE3, digest.hash(), 100);
    assertThat(index.findMissing(INSTANCE, Set.of(digest, longer, other)))
        .containsExactlyInAnyOrder(longer, other);
  }

  @Test
  void aKeyThatIsTakenByAnotherDigestIsNeitherPresentNorStoredSilently() {
    ByteString content = random.next(100);
    Digest digest = digest(content);
    index.add(INSTANCE, Map.of(digest, content));
    sql.sql("update cas.blobs set hash = sha256('other')").update();
    assertThat(index.findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
    assertThat(index.add(INSTANCE, Map.of(digest, content))).containsExactly(digest);
  }

  @Test
  void aKeySharedWithAnotherDigestHidesNoneOfTheRest() {
    Map<Digest, ByteString> stored = blobs(20);
    index.add(INSTANCE, stored);
    List<Digest> all = List.copyOf(stored.keySet());
    Digest byHash = all.get(7);
    Digest bySize = all.get(11);
    Digest byFunction = all.get(13);
    change(byHash, "hash = overlay(hash placing '\\x0000'::bytea from 31)");
    change(bySize, "size = size + 1");
    change(byFunction, "function = 9");
    assertThat(index.findMissing(INSTANCE, stored.keySet()))
        .containsExactlyInAnyOrder(byHash, bySize, byFunction);
    clock.advance(Duration.ofHours(1));
    assertThat(index.findMissing(INSTANCE, stored.keySet()))
        .as("renewed")
        .containsExactlyInAnyOrder(byHash, bySize, byFunction);
    assertThat(index.find(INSTANCE, Set.of(byHash, bySize, byFunction))).isEmpty();
  }

  private void change(Digest digest, String how) {
    assertThat(
            sql.sql("update cas.blobs set " + how + " where hash = ?")
                .param(digest.hashBytes())
                .update())
        .isEqualTo(1);
  }

  @Test
  void freshStaleAndCondemnedBlobsOfOneBatchAreAllFound() {
    Map<Digest, ByteString> stale = blobs(30);
    index.add(INSTANCE, stale);
    clock.advance(Duration.ofHours(1));
    Map<Digest, ByteString> condemned = blobs(30);
    index.add(INSTANCE, condemned);
    sql.sql("update cas.blobs set condemned_at = now() where last_used = ?")
        .param(clock.instant().atOffset(java.time.ZoneOffset.UTC))
        .update();
    Map<Digest, ByteString> fresh = blobs(30);
    index.add(INSTANCE, fresh);
    Set<Digest> asked = new LinkedHashSet<>(blobs(30).keySet());
    Set<Digest> absent = Set.copyOf(asked);
    asked.addAll(stale.keySet());
    asked.addAll(fresh.keySet());
    asked.addAll(condemned.keySet());
    assertThat(index.findMissing(INSTANCE, asked)).isEqualTo(absent);
    assertThat(condemned()).isZero();
    assertThat(lastUses()).containsExactly(clock.instant());
  }

  @Test
  void askingForWhatWasUsedJustNowWritesAndLocksNothing() throws Exception {
    Map<Digest, ByteString> stored = blobs(50);
    index.add(INSTANCE, stored);
    List<String> before = versions();
    try (var other = dataSource.getConnection()) {
      other.setAutoCommit(false);
      try (var statement = other.createStatement()) {
        statement.execute("select from cas.blobs for update");
      }
      assertThat(index.findMissing(INSTANCE, stored.keySet())).isEmpty();
      other.rollback();
    }
    assertThat(versions()).isEqualTo(before);
  }

  private List<String> versions() {
    return sql.sql("select ctid || ' ' || xmin from cas.blobs order by key")
        .query(String.class)
        .list();
  }

  @Test
  void aBatchOfManyIsFoundUnderEveryFunctionOfItsLength() {
    Set<Digest> stored = new LinkedHashSet<>();
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    for (DigestFunction function : DigestFunction.values()) {
      for (int i = 0; i < 300; i++) {
        ByteString blob = random.next(20);
        blobs.put(function.digestOf(blob.toByteArray()), blob);
      }
    }
    assertThat(index.add(INSTANCE, blobs)).isEmpty();
    stored.addAll(blobs.keySet());
    assertThat(index.findMissing(INSTANCE, stored)).isEmpty();
    clock.advance(Duration.ofHours(1));
    assertThat(index.findMissing(INSTANCE, stored)).isEmpty();
  }

  @Test
  void contentIsFoundAsItWasAdded() {
    Map<Digest, ByteString> stored = blobs(50);
    index.add(INSTANCE, stored);
    index.add(INSTANCE, stored);
    Map<Digest, Body> found = index.find(INSTANCE, stored.keySet());
    assertThat(found).hasSize(50);
    found.forEach((digest, body) -> {
      Body.Content content = (Body.Content) body;
      assertThat(content.isSound()).isTrue();
      assertThat(ByteString.copyFrom(content.bytes())).isEqualTo(stored.get(digest));
    });
  }

  @Test
  void piecesAreFoundInTheirOrder() {
    Digest digest = digest(random.next(100));
    Body.Pieces body = announced(3_000_000, 1, 1 << 20);
    index.add(INSTANCE, digest, body);
    assertThat(index.find(INSTANCE, Set.of(digest))).isEqualTo(Map.of(digest, body));
    assertThat(count("cas.deletions")).isZero();
  }

  @Test
  void theObjectsOfWhoComesSecondAreLeftToBeDeleted() {
    Digest digest = digest(random.next(100));
    Body.Pieces first = announced(100);
    Body.Pieces second = announced(100);
    index.add(INSTANCE, digest, first);
    index.add(INSTANCE, digest, second);
    assertThat(index.find(INSTANCE, Set.of(digest))).isEqualTo(Map.of(digest, first));
    List<UUID> deleted = new ArrayList<>();
    deletions.deleteDue(10, deleted::add);
    assertThat(deleted).containsExactly(second.list().getFirst().object());
  }

  @Test
  void objectsThatAreBeingDeletedNeverBecomeABlob() {
    Digest digest = digest(random.next(100));
    Body.Pieces late = announced(100, 100);
    clock.advance(Duration.ofDays(2));
    assertThat(deletions.deleteDue(1, _ -> true)).isEqualTo(1);
    assertThatThrownBy(() -> index.add(INSTANCE, digest, late))
        .isInstanceOf(Failure.Unavailable.class);
    assertThat(index.findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
    assertThat(deletions.deleteDue(10, _ -> true)).isEqualTo(1);
  }

  @Test
  void objectsThatMayBeGoneNeverBecomeABlob() {
    Digest digest = digest(random.next(100));
    Body.Pieces late = announced(100, 100);
    clock.advance(Duration.ofDays(2));
    assertThatThrownBy(() ->
            deletions.deleteDue(
                10,
                Duration.ofMinutes(10),
                _ -> {
                  throw new Failure.Unavailable("no answer, which says nothing", null);
                }))
        .isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> index.add(INSTANCE, digest, late))
        .isInstanceOf(Failure.Unavailable.class);
    assertThat(deletions.deleteDue(10, Duration.ofMinutes(10), _ -> Set.of()).left()).isEqualTo(2);
    assertThatThrownBy(() -> index.add(INSTANCE, digest, late))
        .isInstanceOf(Failure.Unavailable.class);
    assertThat(index.findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
    clock.advance(Duration.ofMinutes(10));
    assertThat(deletions.deleteDue(10, _ -> true)).isEqualTo(2);
  }

  @Test
  void whatCannotBeDeletedJustNowStaysListed() {
    announced(100, 100);
    clock.advance(Duration.ofDays(2));
    assertThat(deletions.deleteDue(10, _ -> false)).isZero();
    assertThat(deletions.deleteDue(10, _ -> true)).isEqualTo(2);
  }

  @Test
  void aUseIsRecordedOnlyWhereTheRecordIsOld() {
    Map<Digest, ByteString> stored = blobs(10);
    index.add(INSTANCE, stored);
    Instant written = clock.instant();
    clock.advance(RETENTION.precision());
    index.findMissing(INSTANCE, stored.keySet());
    assertThat(lastUses()).containsExactly(written);
    clock.advance(Duration.ofSeconds(1));
    index.findMissing(INSTANCE, stored.keySet());
    assertThat(lastUses()).containsExactly(clock.instant());
    clock.advance(Duration.ofHours(1));
    index.find(INSTANCE, stored.keySet());
    assertThat(lastUses()).containsExactly(clock.instant());
    clock.advance(Duration.ofHours(1));
    index.add(INSTANCE, stored);
    assertThat(lastUses()).containsExactly(clock.instant());
  }

  @Test
  void aCondemnedBlobThatIsAskedForIsSpared() {
    Map<Digest, ByteString> stored = blobs(3);
    index.add(INSTANCE, stored);
    condemn();
    assertThat(index.findMissing(INSTANCE, stored.keySet())).isEmpty();
    assertThat(condemned()).isZero();
    condemn();
    index.add(INSTANCE, stored);
    assertThat(condemned()).isZero();
  }

  @Test
  void aBlobDeletedWhileItIsAskedForIsMissing() throws Exception {
    Map<Digest, ByteString> stored = blobs(1);
    index.add(INSTANCE, stored);
    condemn();
    try (var collector = dataSource.getConnection();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      collector.setAutoCommit(false);
      try (var statement = collector.createStatement()) {
        statement.execute(
            "with gone as (delete from cas.blobs where condemned_at is not null returning key)"
                + " delete from cas.bodies using gone where bodies.key = gone.key");
      }
      Future<Set<Digest>> answer =
          threads.submit(() -> index.findMissing(INSTANCE, stored.keySet()));
      org.awaitility.Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(this::someoneWaitsForALock);
      collector.commit();
      assertThat(answer.get()).isEqualTo(stored.keySet());
    }
    assertThat(index.add(INSTANCE, stored)).isEmpty();
    assertThat(index.find(INSTANCE, stored.keySet())).hasSize(1);
  }

  @Test
  void batchesThatOverlapInAnyOrderEndInNoDeadlock() throws Exception {
    Random shuffle = new Random(4);
    List<Map.Entry<Digest, ByteString>> all = new ArrayList<>(blobs(200).entrySet());
    List<Callable<Set<Digest>>> calls = new ArrayList<>();
    for (int i = 0; i < 48; i++) {
      Map<Digest, ByteString> batch = new LinkedHashMap<>();
      Collections.shuffle(all, shuffle);
      all.subList(0, 120).forEach(entry -> batch.put(entry.getKey(), entry.getValue()));
      Set<Digest> asked = new LinkedHashSet<>(batch.keySet());
      calls.add(() -> index.add(INSTANCE, batch));
      calls.add(() -> {
        clock.advance(Duration.ofHours(1));
        index.findMissing(INSTANCE, asked);
        return Set.of();
      });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Set<Digest>> call : threads.invokeAll(calls)) {
        assertThat(call.get()).isEmpty();
      }
    }
    Map<Digest, ByteString> everything = new HashMap<>();
    all.forEach(entry -> everything.put(entry.getKey(), entry.getValue()));
    assertThat(index.add(INSTANCE, everything)).isEmpty();
    assertThat(count("cas.blobs")).isEqualTo(200);
    assertThat(count("cas.bodies")).isEqualTo(200);
  }

  @Test
  void whatManyRenewAtTheSameTimeIsFoundByAll() throws Exception {
    Map<Digest, ByteString> stored = blobs(100);
    index.add(INSTANCE, stored);
    List<Callable<Set<Digest>>> calls = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      calls.add(() -> {
        clock.advance(Duration.ofHours(1));
        return index.findMissing(INSTANCE, stored.keySet());
      });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Set<Digest>> call : threads.invokeAll(calls)) {
        assertThat(call.get()).isEmpty();
      }
    }
    assertThat(lastUses()).containsExactly(clock.instant());
  }

  @Test
  void anInstanceHasOneNumberHoweverManyBeginItAtOnce() throws Exception {
    InstanceName longest = new InstanceName("\u00fc".repeat(1024));
    List<Callable<Set<Digest>>> calls = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      BlobIndex replica = new BlobIndex(database, deletions, RETENTION, clock);
      calls.add(() -> replica.add(longest, blobs(1)));
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Set<Digest>> call : threads.invokeAll(calls)) {
        assertThat(call.get()).isEmpty();
      }
    }
    assertThat(count("cas.instances")).isEqualTo(1);
  }

  @Test
  void aQuarantinedBlobIsMissingAndKeptAndCanBeWrittenAnew() {
    Digest digest = digest(random.next(100));
    Body.Pieces damaged = announced(100);
    index.add(INSTANCE, digest, damaged);
    assertThat(index.quarantine(INSTANCE, digest, damaged, "flipped bits")).isTrue();
    assertThat(index.findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
    assertThat(index.find(INSTANCE, Set.of(digest))).isEmpty();
    assertThat(count("cas.quarantine")).isEqualTo(1);
    assertThat(deletions.deleteDue(10, _ -> true)).isZero();
    Body.Pieces sound = announced(100);
    index.add(INSTANCE, digest, sound);
    assertThat(index.quarantine(INSTANCE, digest, damaged, "once more")).isFalse();
    assertThat(index.find(INSTANCE, Set.of(digest))).isEqualTo(Map.of(digest, sound));
  }

  @Test
  void damagedContentCanBeQuarantined() {
    Map<Digest, ByteString> stored = blobs(1);
    index.add(INSTANCE, stored);
    sql.sql("update cas.bodies set content = 'damaged'").update();
    Digest digest = stored.keySet().iterator().next();
    Body.Content body = (Body.Content) index.find(INSTANCE, Set.of(digest)).get(digest);
    assertThat(body.isSound()).isFalse();
    assertThat(index.quarantine(INSTANCE, digest, body, "damaged")).isTrue();
    assertThat(index.findMissing(INSTANCE, Set.of(digest))).containsExactly(digest);
  }

  @Test
  void contentThatOnlyArrivedDamagedIsNotQuarantined() {
    Map<Digest, ByteString> stored = blobs(1);
    index.add(INSTANCE, stored);
    Digest digest = stored.keySet().iterator().next();
    Body.Content body = (Body.Content) index.find(INSTANCE, Set.of(digest)).get(digest);
    byte[] flipped = body.bytes().clone();
    flipped[7] ^= 1;
    Body.Content arrived = new Body.Content(flipped, body.checksums());
    assertThat(arrived.isSound()).isFalse();
    assertThat(index.quarantine(INSTANCE, digest, arrived, "damaged on its way")).isFalse();
    assertThat(index.findMissing(INSTANCE, Set.of(digest))).isEmpty();
  }

  @Test
  void aRowThatMakesNoBodyHidesNoneOfTheRestAndCanBeQuarantined() {
    Map<Digest, ByteString> stored = blobs(5);
    index.add(INSTANCE, stored);
    List<Digest> pieced = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      pieced.add(digest(random.next(100)));
      index.add(INSTANCE, pieced.get(i), announced(100, 200));
    }
    changeBody(pieced.get(0), "lengths = '{100}'");
    changeBody(pieced.get(1), "lengths = '{100,null}'");
    changeBody(pieced.get(2), "checksums = ''");
    Set<Digest> asked = new HashSet<>(stored.keySet());
    asked.addAll(pieced);
    Map<Digest, Body> found = index.find(INSTANCE, asked);
    assertThat(found.keySet()).isEqualTo(asked);
    assertThat(found.get(pieced.get(3))).isInstanceOf(Body.Pieces.class);
    for (Digest broken : pieced.subList(0, 3)) {
      assertThat(found.get(broken)).isInstanceOf(Body.Unreadable.class);
      assertThat(index.quarantine(INSTANCE, broken, found.get(broken), "unreadable")).isTrue();
      index.add(INSTANCE, broken, announced(100));
      assertThat(index.quarantine(INSTANCE, broken, found.get(broken), "replaced")).isFalse();
    }
    assertThat(index.findMissing(INSTANCE, asked)).isEmpty();
    assertThat(count("cas.quarantine")).isEqualTo(3);
  }

  private void changeBody(Digest digest, String how) {
    assertThat(
            sql.sql(
                    "update cas.bodies c set "
                        + how
                        + " from cas.blobs b where b.key = c.key and b.hash = ?")
                .param(digest.hashBytes())
                .update())
        .isEqualTo(1);
  }

  @Test
  void aRowThatMakesNoDigestHidesNoneOfTheRest() {
    Map<Digest, ByteString> stored = blobs(20);
    index.add(INSTANCE, stored);
    List<Digest> all = List.copyOf(stored.keySet());
    change(all.get(3), "hash = substring(hash for 31)");
    change(all.get(5), "size = -1");
    assertThat(index.findMissing(INSTANCE, stored.keySet()))
        .containsExactlyInAnyOrder(all.get(3), all.get(5));
    clock.advance(Duration.ofHours(1));
    assertThat(index.findMissing(INSTANCE, stored.keySet()))
        .as("renewed")
        .containsExactlyInAnyOrder(all.get(3), all.get(5));
  }

  @Test
  void inADatabaseThatWasReplacedNothingGoesToAnotherInstance() {
    Map<Digest, ByteString> before = blobs(3);
    Digest digest = before.keySet().iterator().next();
    index.add(INSTANCE, before);
    Map<String, Callable<?>> calls = new LinkedHashMap<>();
    calls.put("findMissing", () -> index.findMissing(INSTANCE, before.keySet()));
    calls.put("find", () -> index.find(INSTANCE, before.keySet()));
    calls.put("add", () -> index.add(INSTANCE, before));
    calls.put(
        "addPieces",
        () -> {
          index.add(INSTANCE, digest(random.next(100)), announced(100));
          return true;
        });
    calls.forEach((name, call) -> {
      sql.sql(
              "update cas.instances set name = 'other-' || ?, name_hash = sha256(random()::text::bytea)")
          .param(name)
          .update();
      long rows = count("cas.blobs");
      assertThatThrownBy(call::call).as(name).isInstanceOf(Failure.Unavailable.class);
      assertThat(count("cas.blobs")).isEqualTo(rows);
      assertThat(index.findMissing(INSTANCE, before.keySet())).isEqualTo(before.keySet());
      assertThat(index.add(INSTANCE, before)).isEmpty();
      assertThat(index.find(INSTANCE, before.keySet())).hasSize(3);
    });
    Body body = index.find(INSTANCE, Set.of(digest)).get(digest);
    sql.sql("update cas.instances set name_hash = sha256(random()::text::bytea)").update();
    assertThat(index.quarantine(INSTANCE, digest, body, "not this one")).isFalse();
  }

  @Test
  void aDatabaseOutOfReachIsUnavailableAndNotAbsence() {
    PGSimpleDataSource nobody = new PGSimpleDataSource();
    nobody.setURL("jdbc:postgresql://127.0.0.1:1/none");
    BlobIndex unreachable =
        new BlobIndex(new IndexDatabase(nobody, 1), deletions, RETENTION, clock);
    Map<Digest, ByteString> blobs = blobs(1);
    assertThatThrownBy(() -> unreachable.findMissing(INSTANCE, blobs.keySet()))
        .isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> unreachable.find(INSTANCE, blobs.keySet()))
        .isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> unreachable.add(INSTANCE, blobs))
        .isInstanceOf(Failure.Unavailable.class);
  }

  private Map<Digest, ByteString> blobs(int count) {
    Map<Digest, ByteString> blobs = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      ByteString blob = random.next(20 + i);
      blobs.put(digest(blob), blob);
    }
    return blobs;
  }

  private Body.Pieces announced(int... lengths) {
    List<Piece> pieces = new ArrayList<>();
    for (int length : lengths) {
      Checksums sums = Checksums.of(ByteBuffer.wrap(random.next(length).toByteArray()));
      pieces.add(new Piece(deletions.announce(), length, sums));
    }
    return new Body.Pieces(pieces);
  }

  private void condemn() {
    sql.sql("update cas.blobs set condemned_at = now()").update();
  }

  private int condemned() {
    return sql.sql("select count(*) from cas.blobs where condemned_at is not null")
        .query(Integer.class)
        .single();
  }

  private int count(String table) {
    return sql.sql("select count(*) from " + table).query(Integer.class).single();
  }

  private List<Instant> lastUses() {
    return sql
        .sql("select distinct last_used from cas.blobs")
        .query(OffsetDateTime.class)
        .list()
        .stream()
        .map(OffsetDateTime::toInstant)
        .toList();
  }

  private boolean someoneWaitsForALock() {
    return sql.sql(
                "select count(*) from pg_stat_activity"
                    + " where datname = current_database() and wait_event_type = 'Lock'")
            .query(Integer.class)
            .single()
        > 0;
  }

  private static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }
}
