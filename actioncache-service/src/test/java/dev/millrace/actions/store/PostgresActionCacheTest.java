package dev.millrace.actions.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.protobuf.ByteString;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ActionCacheContract;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

final class PostgresActionCacheTest extends ActionCacheContract {

  private static final InstanceName INSTANCE = new InstanceName("team");
  private static final Digest ACTION = DigestFunction.SHA256.digestOf(new byte[] {1});
  private static final ActionResult RESULT =
      ActionResult.newBuilder().setStdoutRaw(ByteString.copyFromUtf8("hello")).build();

  private final ManualClock clock = ManualClock.standing();
  private final DataSource database = migrated();
  private final ActionCache cache = new PostgresActionCache(database, clock, 8);

  private static DataSource migrated() {
    DataSource database = TestDatabase.create();
    ActionCacheSchema.migrations(database).migrate();
    return database;
  }

  @Override
  protected ActionCache cache() {
    return cache;
  }

  @Test
  void resultsOutliveTheProcess() {
    cache.put(INSTANCE, ACTION, RESULT, Provenance.UNKNOWN);
    ActionCacheSchema.migrations(database).migrate();
    ActionCache restarted = new PostgresActionCache(database, clock, 1);
    assertThat(restarted.get(INSTANCE, ACTION)).contains(RESULT);
  }

  @Test
  void theLastWriterIsRecordedBesideTheResult() {
    cache.put(INSTANCE, ACTION, RESULT, new Provenance("a", "b", "c", "d"));
    clock.advance(Duration.ofMinutes(1));
    cache.put(INSTANCE, ACTION, RESULT, new Provenance("team", "token-1", "worker", "build\0-7"));
    assertThat(
            sql("select team, token, worker, invocation from actioncache.results")
                .query()
                .singleRow()
                .values())
        .containsExactly("team", "token-1", "worker", "build?-7");
    assertThat(time("created_at")).isEqualTo(clock.instant());
  }

  @Test
  void theTimeOfLastUseMovesAtMostOnceAnHour() {
    cache.put(INSTANCE, ACTION, RESULT, Provenance.UNKNOWN);
    Instant written = clock.instant();
    clock.advance(Duration.ofMinutes(59));
    cache.get(INSTANCE, ACTION);
    assertThat(time("last_used_at")).isEqualTo(written);
    clock.advance(Duration.ofMinutes(2));
    cache.get(INSTANCE, ACTION);
    assertThat(time("last_used_at")).isEqualTo(clock.instant());
    assertThat(time("created_at")).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource({"'',''", "00ff00ff,''", "00ff00ff,sealed"})
  void aDamagedRowIsAbsentAndCanBeWrittenAnew(String hex, String sealed) {
    cache.put(INSTANCE, ACTION, RESULT, Provenance.UNKNOWN);
    byte[] garbage = HexFormat.of().parseHex(hex);
    sql("update actioncache.results set result = :garbage").param("garbage", garbage).update();
    if (!sealed.isEmpty()) {
      CRC32C crc = new CRC32C();
      crc.update(garbage);
      sql("update actioncache.results set checksum = :checksum")
          .param("checksum", (int) crc.getValue())
          .update();
    }
    assertThat(cache.get(INSTANCE, ACTION)).isEmpty();
    assertThat(sql("select count(*) from actioncache.results").query(Integer.class).single())
        .isZero();
    cache.put(INSTANCE, ACTION, RESULT, Provenance.UNKNOWN);
    assertThat(cache.get(INSTANCE, ACTION)).contains(RESULT);
  }

  @Test
  void aDatabaseOutOfReachIsUnavailableAndNotAbsence() {
    PGSimpleDataSource nobody = new PGSimpleDataSource();
    nobody.setURL("jdbc:postgresql://127.0.0.1:1/none");
    ActionCache unreachable = new PostgresActionCache(nobody, clock, 1);
    assertThatThrownBy(() -> unreachable.get(INSTANCE, ACTION))
        .isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> unreachable.put(INSTANCE, ACTION, RESULT, Provenance.UNKNOWN))
        .isInstanceOf(Failure.Unavailable.class);
  }

  @Test
  void moreCallersThanConnectionsWaitForTheirTurn() throws Exception {
    ActionCache narrow = new PostgresActionCache(database, clock, 2);
    narrow.put(INSTANCE, ACTION, RESULT, Provenance.UNKNOWN);
    List<Callable<Boolean>> calls = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      calls.add(() -> narrow.get(INSTANCE, ACTION).isPresent());
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Boolean> call : threads.invokeAll(calls)) {
        assertThat(call.get()).isTrue();
      }
    }
  }

  private JdbcClient.StatementSpec sql(String sql) {
    return JdbcClient.create(database).sql(sql);
  }

  private Instant time(String column) {
    return sql("select " + column + " from actioncache.results")
        .query(OffsetDateTime.class)
        .single()
        .toInstant();
  }
}
