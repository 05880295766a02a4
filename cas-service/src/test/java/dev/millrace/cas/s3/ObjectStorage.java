package dev.millrace.cas.s3;

import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.CasSchema;
import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.IndexDatabase;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.cas.index.Retention;
import dev.millrace.cas.s3.S3Settings.Limits;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import dev.millrace.testing.TestS3Server;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;

/** A database and a bucket, and what one replica of the service makes of them. */
final class ObjectStorage {

  static final int INLINE_LIMIT = 16 * 1024;
  static final int QUARANTINES_PER_MINUTE = 3;

  final ManualClock clock = ManualClock.standing();
  final DataSource dataSource;

  ObjectStorage() {
    this(TestDatabase.create());
  }

  ObjectStorage(DataSource dataSource) {
    this.dataSource = dataSource;
    CasSchema.migrations(dataSource).migrate();
  }

  static S3Settings settings(TestS3Server.Bucket bucket) {
    return settings(bucket, bucket.endpoint(), Limits.DEFAULT);
  }

  static S3Settings settings(TestS3Server.Bucket bucket, URI endpoint, Limits limits) {
    return new S3Settings(
        new S3Settings.Bucket(bucket.name(), ""),
        new S3Settings.Service(Optional.of(endpoint), TestS3Server.REGION, /* pathStyle= */ true),
        Optional.of(new S3Settings.Credentials(TestS3Server.ACCESS_KEY, TestS3Server.SECRET_KEY)),
        new S3Settings.Encryption.Unspecified(),
        limits);
  }

  /** One replica's store, with pieces of 2 MiB. */
  Replica replica(ObjectStore objects) {
    return replica(objects, new TransferMemory(64, Duration.ofSeconds(20)));
  }

  Replica replica(ObjectStore objects, TransferMemory memory) {
    IndexDatabase database = new IndexDatabase(dataSource, 8);
    Deletions deletions = new Deletions(database, Duration.ofDays(1), clock);
    BlobIndex index = new BlobIndex(database, deletions, Retention.DEFAULT, clock);
    PieceStore pieces = new PieceStore(deletions, objects, memory, 2);
    Quarantine quarantine = new Quarantine(index, QUARANTINES_PER_MINUTE, clock);
    return new Replica(
        new ObjectBlobStore(index, quarantine, pieces, INLINE_LIMIT), deletions, memory);
  }

  record Replica(ObjectBlobStore store, Deletions deletions, TransferMemory memory) {}
}
