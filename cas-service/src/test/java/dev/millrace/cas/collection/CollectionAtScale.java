package dev.millrace.cas.collection;

import dev.millrace.cas.collection.Limit.Scope;
import dev.millrace.cas.index.CasSchema;
import dev.millrace.cas.index.CollectionIndex;
import dev.millrace.cas.index.IndexDatabase;
import dev.millrace.cas.index.Retention;
import dev.millrace.cas.index.Tally;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What a round of collection costs with many rows. Arguments: rows, the percentage that is to go,
 * and a directory to keep the database in. Last uses are spread over 30 days, over 20 instances.
 */
final class CollectionAtScale {

  private CollectionAtScale() {}

  public static void main(String[] arguments) throws Exception {
    int rows = Integer.parseInt(arguments[0]);
    int percent = Integer.parseInt(arguments[1]);
    try (EmbeddedPostgres server = server(Path.of(arguments[2]))) {
      var dataSource = server.getPostgresDatabase();
      CasSchema.migrations(dataSource).migrate();
      fill(JdbcClient.create(dataSource), rows);
      IndexDatabase database = new IndexDatabase(dataSource, 2);
      CollectionIndex index = new CollectionIndex(database, Retention.DEFAULT);
      long bytes =
          JdbcClient.create(dataSource)
              .sql("select sum(size)::bigint from cas.blobs where condemned_at is null")
              .query(Long.class)
              .single();
      long low = bytes / 100 * (100 - percent);
      timed("nothing to do", collector(index, new Limit(new Scope.Everything(), bytes, low)));
      timed("the same again", collector(index, new Limit(new Scope.Everything(), bytes, low)));
      timed("condemning", collector(index, new Limit(new Scope.Everything(), low, low)));
      timed("deleting", collector(index));
    }
  }

  private static Collector collector(CollectionIndex index, Limit... limits) {
    return new Collector(
        index,
        new CollectionSettings(List.of(limits), Duration.ZERO, Duration.ofHours(1), 1000),
        Clock.systemUTC(),
        Pace.UNTIL_INTERRUPTED);
  }

  private static void timed(String what, Collector collector) {
    long begin = System.nanoTime();
    Round round = collector.collect().orElseThrow();
    Tally stored = Round.sum(round.stored());
    System.out.printf(
        "%s: %,d ms, %s stored, %s condemned, %s deleted%n",
        what,
        (System.nanoTime() - begin) / 1_000_000,
        stored,
        Round.sum(round.condemned()),
        Round.sum(round.deleted()));
  }

  private static EmbeddedPostgres server(Path directory) throws Exception {
    return EmbeddedPostgres.builder()
        .setDataDirectory(directory)
        .setCleanDataDirectory(false)
        .setServerConfig("shared_buffers", System.getProperty("shared_buffers", "512MB"))
        .setServerConfig("max_wal_size", "8GB")
        .setServerConfig("maintenance_work_mem", "512MB")
        .start();
  }

  private static void fill(JdbcClient sql, int rows) {
    if (sql.sql("select count(*) from (select from cas.blobs limit 1) b")
            .query(Integer.class)
            .single()
        > 0) {
      return;
    }
    long begin = System.nanoTime();
    sql.sql(
            """
            insert into cas.instances (name, name_hash)
            select 'team' || n, sha256(convert_to('team' || n, 'UTF8')) from generate_series(1, 20) n
            """)
        .update();
    sql.sql(
            """
            insert into cas.blobs (key, last_used, size, instance, function, hash)
            select (encode(int4send(1 + n % 20) || substr(h, 1, 12), 'hex'))::uuid,
              now() - random() * interval '30 days', (2000 * exp(4 * random()))::bigint,
              1 + n % 20, 1, h
            from (select n, sha256(convert_to(n::text, 'UTF8')) h from generate_series(1, :rows) n) x
            """)
        .param("rows", rows)
        .update();
    sql.sql(
            """
            insert into cas.bodies (key, content, checksums)
            select key, substr(hash, 1, 10), substr(hash, 1, 4) from cas.blobs
            """)
        .update();
    sql.sql("vacuum analyze cas.blobs").update();
    sql.sql("checkpoint").update();
    System.out.printf("filled in %d s%n", (System.nanoTime() - begin) / 1_000_000_000);
  }
}
