package dev.millrace.cas;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.empty.EmptyProvidingBlobStore;
import dev.millrace.blobstore.inheriting.InheritingBlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.cache.CachingBlobStore;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.BucketOwner;
import dev.millrace.cas.index.CasSchema;
import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.IndexDatabase;
import dev.millrace.cas.index.PostgresUploads;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.cas.s3.ObjectBlobStore;
import dev.millrace.cas.s3.PieceStore;
import dev.millrace.cas.s3.S3ObjectStore;
import dev.millrace.cas.s3.S3StagingArea;
import dev.millrace.cas.s3.StagingLimits;
import dev.millrace.cas.s3.StalledUploads;
import dev.millrace.cas.s3.TransferMemory;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Blobs in PostgreSQL and S3: the whole stack, from the inside out. Needs a database. */
@Configuration(proxyBeanMethods = false)
@Import(CasCollectionConfiguration.class)
@EnableConfigurationProperties({
  CasS3Properties.class,
  CasIndexProperties.class,
  CasCacheProperties.class
})
public class CasObjectStorageConfiguration {

  private static final Duration STALL_INTERVAL = Duration.ofSeconds(1);

  @Bean(initMethod = "migrate")
  Flyway casMigrations(DataSource database) {
    return CasSchema.migrations(database);
  }

  @Bean
  IndexDatabase casIndexDatabase(
      DataSource database,
      // Not called, but has to have run.
      @Qualifier("casMigrations") Flyway migrated,
      CasIndexProperties properties) {
    return new IndexDatabase(database, properties.maxConcurrentQueries());
  }

  @Bean
  Deletions deletions(IndexDatabase database, CasIndexProperties properties) {
    return new Deletions(database, properties.objectLife(), Clock.systemUTC());
  }

  @Bean
  BlobIndex blobIndex(IndexDatabase database, Deletions deletions, CasIndexProperties properties) {
    return new BlobIndex(database, deletions, properties.toRetention(), Clock.systemUTC());
  }

  @Bean
  Quarantine quarantine(BlobIndex index, CasIndexProperties properties, MeterRegistry registry) {
    Quarantine quarantine =
        new Quarantine(index, properties.quarantinesPerMinute(), Clock.systemUTC());
    FunctionCounter _ =
        FunctionCounter.builder("millrace.cas.quarantine.left.blobs", quarantine, Quarantine::left)
            .register(registry);
    return quarantine;
  }

  @Bean
  PostgresUploads postgresUploads(IndexDatabase database, Deletions deletions) {
    return new PostgresUploads(database, deletions, Clock.systemUTC());
  }

  /** Not before the bucket is known to be that of this database. */
  @Bean
  S3ObjectStore s3ObjectStore(CasS3Properties properties, IndexDatabase database) {
    S3ObjectStore objects = new S3ObjectStore(properties.toSettings());
    try {
      BucketOwner owner = new BucketOwner(database);
      objects.claimFor(owner.id(), !owner.hasBucket());
      owner.rememberBucket();
      return objects;
    } catch (RuntimeException e) {
      objects.close();
      throw e;
    }
  }

  @Bean
  PieceStore pieceStore(Deletions deletions, S3ObjectStore objects, CasS3Properties properties) {
    TransferMemory memory =
        new TransferMemory((int) properties.transferMemory().toMegabytes(), properties.patience());
    return new PieceStore(deletions, objects, memory, (int) properties.pieceSize().toMegabytes());
  }

  /** Nobody gets this one by its type: it takes content on trust. */
  @Bean(defaultCandidate = false)
  ObjectBlobStore objectBlobStore(
      BlobIndex index, Quarantine quarantine, PieceStore pieces, CasIndexProperties properties) {
    return new ObjectBlobStore(index, quarantine, pieces, (int) properties.inlineLimit().toBytes());
  }

  /** Nobody gets this one by its type either: it has copies only. */
  @Bean(defaultCandidate = false)
  DiskBlobStore casCacheDisk(CasCacheProperties properties) {
    return DiskBlobStore.open(properties.toDiskProperties());
  }

  /**
   * Hashing stands around all that takes bytes. Copies are by instance, as blobs are, so that they
   * are looked for in the instance that has the blob.
   */
  @Bean
  BlobStore blobStore(
      @Qualifier("objectBlobStore") BlobStore objects,
      @Qualifier("casCacheDisk") DiskBlobStore disk,
      CasCacheProperties cache,
      CasIndexProperties index) {
    return new EmptyProvidingBlobStore(
        new InheritingBlobStore(
            new VerifyingBlobStore(
                new CachingBlobStore(objects, disk, cache.toLimits(index.inlineLimit())))));
  }

  /** Nobody gets this one by its type: it takes content on trust. */
  @Bean(defaultCandidate = false)
  S3StagingArea s3StagingArea(
      @Qualifier("objectBlobStore") ObjectBlobStore blobs,
      PostgresUploads uploads,
      CasIndexProperties properties) {
    StagingLimits limits = StagingLimits.of((int) properties.inlineLimit().toBytes());
    return new S3StagingArea(blobs, uploads, limits, Clock.systemUTC());
  }

  @Bean
  StagingArea stagingArea(@Qualifier("s3StagingArea") StagingArea objects) {
    return new VerifyingStagingArea(objects);
  }

  @Bean
  StalledUploads stalledUploads(@Qualifier("s3StagingArea") S3StagingArea area) {
    return new StalledUploads(area, STALL_INTERVAL);
  }
}
