package dev.millrace.cas.s3;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.IndexDatabase;
import dev.millrace.cas.index.PostgresUploads;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.cas.index.Retention;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;

/** One replica's store and staging area, on a database and a bucket that others may share. */
record StagingReplica(
    BlobStore store,
    StagingArea area,
    S3StagingArea bare,
    TransferMemory memory,
    Deletions deletions) {

  static StagingReplica of(
      DataSource dataSource, ObjectStore objects, TransferMemory memory, Clock clock) {
    IndexDatabase database = new IndexDatabase(dataSource, 8);
    Deletions deletions = new Deletions(database, Duration.ofDays(2), clock);
    BlobIndex index = new BlobIndex(database, deletions, Retention.DEFAULT, clock);
    PieceStore pieces = new PieceStore(deletions, objects, memory, 2);
    PostgresUploads uploads = new PostgresUploads(database, deletions, clock);
    StagingLimits limits = StagingLimits.of(ObjectStorage.INLINE_LIMIT);
    ObjectBlobStore blobs =
        new ObjectBlobStore(
            index, new Quarantine(index, 3, clock), pieces, ObjectStorage.INLINE_LIMIT);
    S3StagingArea bare = new S3StagingArea(blobs, uploads, limits, clock);
    return new StagingReplica(
        new VerifyingBlobStore(blobs), new VerifyingStagingArea(bare), bare, memory, deletions);
  }
}
