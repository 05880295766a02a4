package dev.millrace.cas.backend;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.cas.index.Retention;
import dev.millrace.cas.s3.ObjectStore;
import dev.millrace.cas.s3.S3ObjectStore;
import dev.millrace.cas.s3.S3Settings;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.staging.StagingArea;
import dev.millrace.testing.ManualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.springframework.util.FileSystemUtils;

/**
 * Blobs in a real PostgreSQL and on a real S3 server, with a cache on the local disk. Another
 * process is another stack of objects on the same database and bucket; it finds the cache empty
 * after a crash, as on another machine.
 */
public final class S3Backend implements Backend {

  private static final S3Settings.Limits IMPATIENT =
      new S3Settings.Limits(
          Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(2), 2, 8);

  private static final Duration STEP = Duration.ofHours(2);

  private final ManualClock clock;
  private final ObjectStorageSite site;
  private final boolean replica;
  private final Path root;
  private final ObjectStore objects;
  private final AutoCloseable connection;
  private int runs;
  private ObjectStorageProcess process;

  public S3Backend() {
    this(ObjectStorageSite.take(), ManualClock.standing(), /* replica= */ false);
  }

  private S3Backend(ObjectStorageSite site, ManualClock clock, boolean replica) {
    this(site, clock, replica, site.objects(), () -> {});
  }

  private S3Backend(
      ObjectStorageSite site,
      ManualClock clock,
      boolean replica,
      ObjectStore objects,
      AutoCloseable connection) {
    this.site = site;
    this.clock = clock;
    this.replica = replica;
    this.objects = objects;
    this.connection = connection;
    this.root = newDirectory();
    this.process = start();
  }

  /**
   * A back end that gives up early, on another way to the bucket.
   *
   * @param way from the address of the S3 server to what stands in front of it
   */
  public static S3Backend through(UnaryOperator<URI> way) {
    ObjectStorageSite site = ObjectStorageSite.take();
    S3ObjectStore own = site.connect(way.apply(site.bucket().endpoint()), IMPATIENT);
    return new S3Backend(site, ManualClock.standing(), /* replica= */ false, own, own);
  }

  private static Path newDirectory() {
    try {
      return Files.createTempDirectory("s3-backend");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectStorageProcess start() {
    return new ObjectStorageProcess(site.database(), objects, root.resolve("cache-" + runs), clock);
  }

  @Override
  public BlobStore store() {
    return process.store();
  }

  @Override
  public StagingArea staging() {
    return process.staging();
  }

  @Override
  public ManualClock clock() {
    return clock;
  }

  @Override
  public void restart() {
    process.close();
    process = start();
  }

  @Override
  public void crash() {
    process.close();
    runs++;
    process = start();
  }

  /** Whole pieces, and those only of what is more than one. */
  @Override
  public long survives(long size, long sent) {
    long piece = (long) ObjectStorageProcess.PIECE_MEBIBYTES << 20;
    return size > piece ? sent / piece * piece : 0;
  }

  @Override
  public void damageStaged() {
    int unused =
        site.sql(
                """
                update cas.uploads
                set tail = set_byte(tail, octet_length(tail) - 1,
                  get_byte(tail, octet_length(tail) - 1) # 1)
                where octet_length(tail) > 0
                """)
            .update();
    List<UUID> pieces = site.sql("select unnest(pieces) from cas.uploads").query(UUID.class).list();
    for (UUID piece : pieces) {
      Path file = site.bucket().directory().resolve("blobs").resolve(piece.toString());
      try {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public Backend replica() {
    return new S3Backend(site, clock, /* replica= */ true);
  }

  /** Deletes what its retention no longer covers, as collection may. */
  @Override
  public void outlive(Runnable use) {
    Retention retention = Retention.DEFAULT;
    Duration enough = retention.promised().plus(retention.precision()).plus(STEP);
    for (Duration passed = Duration.ZERO;
        passed.compareTo(enough) < 0;
        passed = passed.plus(STEP)) {
      clock.advance(STEP);
      int unused =
          site.sql(
                  """
                  with gone as (delete from cas.blobs where last_used < ? returning key)
                  delete from cas.bodies where key in (select key from gone)
                  """)
              .param(retention.condemnableBefore(clock.instant()).atOffset(ZoneOffset.UTC))
              .update();
      use.run();
    }
  }

  @Override
  public void drop(InstanceName instance, Digest digest) {
    int unused =
        site.sql(
                """
                with gone as (
                  delete from cas.blobs
                  where hash = :hash and size = :size and function = :function
                    and instance = (select id from cas.instances where name = :instance)
                  returning key)
                delete from cas.bodies where key in (select key from gone)
                """)
            .param("hash", digest.hashBytes())
            .param("size", digest.sizeBytes())
            .param("function", digest.function().number())
            .param("instance", instance.value())
            .update();
  }

  /** The database refuses connections and ends those that there are, or takes them again. */
  public void databaseIsReachable(boolean reachable) {
    site.makeReachable(reachable);
  }

  @Override
  public void close() {
    process.close();
    try {
      connection.close();
      FileSystemUtils.deleteRecursively(root);
    } catch (Exception e) {
      throw new IllegalStateException("the back end does not end cleanly", e);
    }
    if (!replica) {
      site.giveBack();
    }
  }

  @Override
  public String toString() {
    return "S3 and PostgreSQL";
  }
}
