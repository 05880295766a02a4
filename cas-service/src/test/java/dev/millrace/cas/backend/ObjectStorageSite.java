package dev.millrace.cas.backend;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.cas.index.CasSchema;
import dev.millrace.cas.s3.S3ObjectStore;
import dev.millrace.cas.s3.S3Settings;
import dev.millrace.testing.TestDatabase;
import dev.millrace.testing.TestS3Server;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A database and a bucket with nothing in them, and connections to both. Made anew only if all
 * others are in use: a site that is given back is emptied for the next.
 */
final class ObjectStorageSite {

  static final int CONNECTIONS = 16;

  private static final long CONNECTION_PATIENCE_MILLIS = 2_000;
  private static final long LITTLE_PATIENCE_MILLIS = 250;
  private static final ConcurrentLinkedQueue<ObjectStorageSite> FREE =
      new ConcurrentLinkedQueue<>();

  /** Another database on the same server. */
  private static final JdbcClient ADMINISTRATION = JdbcClient.create(TestDatabase.create());

  private final TestS3Server.Bucket bucket = TestS3Server.create();
  private final HikariDataSource database = new HikariDataSource();
  private final S3ObjectStore objects = connect(bucket.endpoint(), S3Settings.Limits.DEFAULT);

  private final String name;

  private ObjectStorageSite() {
    database.setPoolName("object-storage-site");
    database.setJdbcUrl(TestDatabase.createUrl());
    database.setMaximumPoolSize(CONNECTIONS);
    database.setMinimumIdle(1);
    database.setConnectionTimeout(CONNECTION_PATIENCE_MILLIS);
    CasSchema.migrations(database).migrate();
    name = sql("select current_database()").query(String.class).single();
  }

  static ObjectStorageSite take() {
    ObjectStorageSite site = FREE.poll();
    return site == null ? new ObjectStorageSite() : site;
  }

  /** Objects stay: without their rows they are nobody's. */
  void giveBack() {
    int unused =
        sql("truncate cas.blobs, cas.bodies, cas.deletions, cas.quarantine, cas.uploads").update();
    FREE.add(this);
  }

  /** Lets nobody connect, and ends the connections that there are; or lets everybody again. */
  void makeReachable(boolean reachable) {
    database
        .getHikariConfigMXBean()
        .setConnectionTimeout(reachable ? CONNECTION_PATIENCE_MILLIS : LITTLE_PATIENCE_MILLIS);
    int unused =
        ADMINISTRATION
            .sql("alter database %s allow_connections %s".formatted(name, reachable))
            .update();
    if (!reachable) {
      long ended =
          ADMINISTRATION
              .sql(
                  "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = ?")
              .param(name)
              .query(Long.class)
              .single();
    }
  }

  DataSource database() {
    return database;
  }

  S3ObjectStore objects() {
    return objects;
  }

  TestS3Server.Bucket bucket() {
    return bucket;
  }

  JdbcClient.StatementSpec sql(String statement) {
    return JdbcClient.create(database).sql(statement);
  }

  /** The bucket as it is reached another way. */
  S3ObjectStore connect(URI endpoint, S3Settings.Limits limits) {
    return new S3ObjectStore(
        new S3Settings(
            new S3Settings.Bucket(bucket.name(), ""),
            new S3Settings.Service(
                Optional.of(endpoint), TestS3Server.REGION, /* pathStyle= */ true),
            Optional.of(
                new S3Settings.Credentials(TestS3Server.ACCESS_KEY, TestS3Server.SECRET_KEY)),
            new S3Settings.Encryption.Unspecified(),
            limits));
  }
}
