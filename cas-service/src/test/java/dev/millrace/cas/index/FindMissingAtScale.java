package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * How long it takes to ask for many digests of an index with many rows. Arguments: rows, digests a
 * question, rounds, and a directory to keep the database in for the next run.
 *
 * <p>Row n is of the blob whose SHA-256 is that of n in decimal, size 1, computed by PostgreSQL; a
 * tenth of the digests asked for are absent.
 */
final class FindMissingAtScale {

  private static final InstanceName INSTANCE = new InstanceName("team");

  private static final Path THIS_THREAD = Path.of("/proc/thread-self/schedstat");
  private static final int RAN = 0;
  private static final int WAITED = 1;

  /** Until the connection's process has most of the shared memory mapped. */
  private static final int WARM_UP = 40;

  private FindMissingAtScale() {}

  public static void main(String[] arguments) throws Exception {
    int rows = Integer.parseInt(arguments[0]);
    int digests = Integer.parseInt(arguments[1]);
    int rounds = Integer.parseInt(arguments[2]);
    try (EmbeddedPostgres server = server(Path.of(arguments[3]));
        var connection = server.getPostgresDatabase().getConnection()) {
      DataSource dataSource = new SingleConnectionDataSource(connection, true);
      CasSchema.migrations(server.getPostgresDatabase()).migrate();
      IndexDatabase database = new IndexDatabase(dataSource, 1);
      Clock clock = Clock.systemUTC();
      Deletions deletions = new Deletions(database, Duration.ofDays(1), clock);
      Retention retention = new Retention(Duration.ofHours(6), Duration.ofDays(1000));
      BlobIndex index = new BlobIndex(database, deletions, retention, clock);
      fill(JdbcClient.create(dataSource), index, rows);
      int backend =
          JdbcClient.create(dataSource)
              .sql("select pg_backend_pid()")
              .query(Integer.class)
              .single();
      measure(index, rows, digests, rounds, Path.of("/proc/" + backend + "/schedstat"));
    }
  }

  private static EmbeddedPostgres server(Path directory) throws Exception {
    return EmbeddedPostgres.builder()
        .setDataDirectory(directory)
        .setCleanDataDirectory(false)
        .setServerConfig("shared_buffers", System.getProperty("shared_buffers", "1GB"))
        .setServerConfig("max_wal_size", "8GB")
        .setServerConfig("maintenance_work_mem", "512MB")
        .start();
  }

  private static void fill(JdbcClient sql, BlobIndex index, int rows) {
    int present = sql.sql("select count(*) from cas.blobs").query(Integer.class).single();
    if (present >= rows) {
      return;
    }
    Digest first = digest(0);
    index.add(INSTANCE, Map.of(first, com.google.protobuf.ByteString.copyFromUtf8("0")));
    UUID key = sql.sql("select key from cas.blobs").query(UUID.class).single();
    int instance = (int) (key.getMostSignificantBits() >>> 32);
    // What BlobKey does, for blobs of one byte.
    long mix = BlobKey.of(instance, first).getLeastSignificantBits() ^ low(first);
    long begin = System.nanoTime();
    sql.sql(
            """
            insert into cas.blobs (key, last_used, size, instance, function, hash)
            select (encode(int4send(:instance) || substr(h, 1, 4) || int8send(
                ('x' || encode(substr(h, 5, 8), 'hex'))::bit(64)::bigint # :mix), 'hex'))::uuid,
              now(), 1, :instance, 1, h
            from (select sha256(convert_to(n::text, 'UTF8')) h from generate_series(1, :rows) n) x
            on conflict do nothing
            """)
        .param("instance", instance)
        .param("mix", mix)
        .param("rows", rows - 1)
        .update();
    sql.sql("vacuum analyze cas.blobs").update();
    sql.sql("checkpoint").update();
    System.out.printf("filled in %d s%n", (System.nanoTime() - begin) / 1_000_000_000);
  }

  private static void measure(BlobIndex index, int rows, int digests, int rounds, Path cpu)
      throws IOException {
    Random random = new Random(3);
    double[] millis = new double[rounds];
    double[] cpuMillis = new double[rounds];
    double[] unhinderedMillis = new double[rounds];
    for (int round = -WARM_UP; round < rounds; round++) {
      Set<Digest> asked = new LinkedHashSet<>();
      int absent = digests / 10;
      while (asked.size() < digests - absent) {
        asked.add(digest(random.nextInt(rows)));
      }
      while (asked.size() < digests) {
        asked.add(digest(rows + random.nextInt(1_000_000_000)));
      }
      long spent = nanos(cpu, RAN);
      long waited = nanos(cpu, WAITED) + nanos(THIS_THREAD, WAITED);
      long begin = System.nanoTime();
      Set<Digest> missing = index.findMissing(INSTANCE, asked);
      double took = (System.nanoTime() - begin) / 1e6;
      if (missing.size() != absent) {
        throw new AssertionError("missing: " + missing.size());
      }
      if (round >= 0) {
        millis[round] = took;
        cpuMillis[round] = (nanos(cpu, RAN) - spent) / 1e6;
        waited = nanos(cpu, WAITED) + nanos(THIS_THREAD, WAITED) - waited;
        unhinderedMillis[round] = took - waited / 1e6;
      }
    }
    Arrays.sort(millis);
    Arrays.sort(cpuMillis);
    Arrays.sort(unhinderedMillis);
    System.out.printf(
        "%,d rows, %,d digests, %d rounds: median %.1f ms, least %.1f, most %.1f; median without"
            + " waiting for a processor %.1f ms; CPU of PostgreSQL %.1f ms%n",
        rows,
        digests,
        rounds,
        millis[rounds / 2],
        millis[0],
        millis[rounds - 1],
        unhinderedMillis[rounds / 2],
        cpuMillis[rounds / 2]);
  }

  /** What a thread has used of a processor, or waited for one, which tells a busy machine. */
  private static long nanos(Path schedstat, int which) throws IOException {
    return Long.parseLong(Files.readString(schedstat).split(" ")[which]);
  }

  private static long low(Digest digest) {
    return java.nio.ByteBuffer.wrap(digest.hashBytes()).getLong(4);
  }

  private static Digest digest(int n) {
    Digest one = DigestFunction.SHA256.digestOf(Integer.toString(n).getBytes());
    return new Digest(DigestFunction.SHA256, one.hash(), 1);
  }
}
