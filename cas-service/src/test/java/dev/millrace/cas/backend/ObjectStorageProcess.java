package dev.millrace.cas.backend;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.verifying.VerifyingBlobStore;
import dev.millrace.cas.cache.CacheLimits;
import dev.millrace.cas.cache.CachingBlobStore;
import dev.millrace.cas.disk.DiskBlobStore;
import dev.millrace.cas.disk.DiskProperties;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.IndexDatabase;
import dev.millrace.cas.index.PostgresUploads;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.cas.index.Retention;
import dev.millrace.cas.s3.ObjectBlobStore;
import dev.millrace.cas.s3.ObjectStore;
import dev.millrace.cas.s3.PieceStore;
import dev.millrace.cas.s3.S3StagingArea;
import dev.millrace.cas.s3.StagingLimits;
import dev.millrace.cas.s3.TransferMemory;
import dev.millrace.failure.Failure;
import dev.millrace.staging.StagingArea;
import dev.millrace.staging.verifying.VerifyingStagingArea;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * What one process of the service has on its heap and disk for blobs in PostgreSQL and S3, stacked
 * as its configuration does. One that has ended reaches neither any more, whatever calls go on.
 */
final class ObjectStorageProcess implements AutoCloseable {

  /** Small enough for tests to get beyond it cheaply. */
  static final int PIECE_MEBIBYTES = 1;

  static final int INLINE_LIMIT = 16 * 1024;
  private static final int MOST_QUARANTINES = 1000;

  private static final long CACHE_BYTES = 64 << 20;

  private final AtomicBoolean ended = new AtomicBoolean();
  private final DiskBlobStore copies;
  private final BlobStore store;
  private final StagingArea staging;

  ObjectStorageProcess(DataSource database, ObjectStore objects, Path cache, Clock clock) {
    IndexDatabase index =
        new IndexDatabase(new EndingDatabase(database), ObjectStorageSite.CONNECTIONS);
    Deletions deletions = new Deletions(index, Duration.ofDays(2), clock);
    PieceStore pieces =
        new PieceStore(
            deletions,
            new EndingObjects(objects),
            new TransferMemory(64, Duration.ofSeconds(20)),
            PIECE_MEBIBYTES);
    BlobIndex blobIndex = new BlobIndex(index, deletions, Retention.DEFAULT, clock);
    ObjectBlobStore blobs =
        new ObjectBlobStore(
            blobIndex, new Quarantine(blobIndex, MOST_QUARANTINES, clock), pieces, INLINE_LIMIT);
    copies =
        DiskBlobStore.open(
            DiskProperties.of(cache, CACHE_BYTES)
                .withBlockBytes(4 << 20)
                .withIndexEntries(1 << 10)
                .withSynchronous(false));
    store =
        new VerifyingBlobStore(
            new CachingBlobStore(blobs, copies, CacheLimits.of(INLINE_LIMIT, CACHE_BYTES)));
    staging =
        new VerifyingStagingArea(
            new S3StagingArea(
                blobs,
                new PostgresUploads(index, deletions, clock),
                StagingLimits.of(INLINE_LIMIT),
                clock));
  }

  BlobStore store() {
    return store;
  }

  StagingArea staging() {
    return staging;
  }

  @Override
  public void close() {
    ended.set(true);
    copies.close();
  }

  /** A database, until the process ends. */
  private final class EndingDatabase extends AbstractDataSource {
    private final DataSource delegate;

    EndingDatabase(DataSource delegate) {
      this.delegate = delegate;
    }

    @Override
    public Connection getConnection() throws SQLException {
      if (ended.get()) {
        throw new SQLTransientConnectionException("the process has ended");
      }
      return delegate.getConnection();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return getConnection();
    }
  }

  /** A bucket, until the process ends. */
  private final class EndingObjects implements ObjectStore {
    private final ObjectStore delegate;

    EndingObjects(ObjectStore delegate) {
      this.delegate = delegate;
    }

    private ObjectStore delegate() {
      if (ended.get()) {
        throw new Failure.Unavailable("the process has ended", null);
      }
      return delegate;
    }

    @Override
    public void put(UUID object, List<ByteBuffer> bytes) {
      delegate().put(object, bytes);
    }

    @Override
    public Outcome read(UUID object, long position, ByteBuffer target) {
      return delegate().read(object, position, target);
    }

    @Override
    public void delete(UUID object) {
      delegate().delete(object);
    }
  }
}
