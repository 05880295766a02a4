package dev.millrace.cas.collection;

import com.google.protobuf.ByteString;
import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.Body;
import dev.millrace.cas.index.CasSchema;
import dev.millrace.cas.index.Checksums;
import dev.millrace.cas.index.CollectionIndex;
import dev.millrace.cas.index.Deletions;
import dev.millrace.cas.index.IndexDatabase;
import dev.millrace.cas.index.Piece;
import dev.millrace.cas.index.Retention;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A database and the objects beside it, with as many replicas as a test wants, at a set time. */
final class Stock implements AutoCloseable {

  static final Retention RETENTION = Retention.DEFAULT;
  static final Duration CONDEMNED_FOR = Duration.ofMinutes(10);
  static final Duration OBJECTS_LIVE_ON = Duration.ofHours(1);

  final ManualClock clock = ManualClock.standing();
  final HikariDataSource dataSource = pooled(TestDatabase.create());
  final JdbcClient sql = JdbcClient.create(dataSource);
  final Map<UUID, ByteString> objects = new ConcurrentHashMap<>();

  Stock() {
    CasSchema.migrations(dataSource).migrate();
  }

  private static HikariDataSource pooled(DataSource database) {
    HikariDataSource pool = new HikariDataSource();
    pool.setDataSource(database);
    pool.setMaximumPoolSize(20);
    pool.setMinimumIdle(0);
    return pool;
  }

  @Override
  public void close() {
    dataSource.close();
  }

  /** One process of several. */
  final class Replica {

    final IndexDatabase database = new IndexDatabase(dataSource, 8);
    final Deletions deletions = new Deletions(database, Duration.ofDays(1), clock);
    final BlobIndex index = new BlobIndex(database, deletions, RETENTION, clock);
    final CollectionIndex collection = new CollectionIndex(database, RETENTION);

    Collector collector(Pace pace, int batch, Limit... limits) {
      return new Collector(
          collection,
          new CollectionSettings(List.of(limits), CONDEMNED_FOR, OBJECTS_LIVE_ON, batch),
          clock,
          pace);
    }

    Collector collector(Limit... limits) {
      return collector(Pace.UNTIL_INTERRUPTED, 1000, limits);
    }

    /** Small blobs are content, others objects of at most {@code piece} bytes. */
    Digest write(InstanceName instance, ByteString blob, int piece) {
      Digest digest = digest(blob);
      if (blob.size() <= piece) {
        if (!index.add(instance, Map.of(digest, blob)).isEmpty()) {
          throw new AssertionError("not added: " + digest);
        }
      } else {
        index.add(instance, digest, upload(blob, piece));
      }
      return digest;
    }

    Body.Pieces upload(ByteString blob, int piece) {
      List<Piece> pieces = new ArrayList<>();
      for (int at = 0; at < blob.size(); at += piece) {
        ByteString part = blob.substring(at, Math.min(blob.size(), at + piece));
        UUID object = deletions.announce();
        objects.put(object, part);
        pieces.add(new Piece(object, part.size(), Checksums.of(part.asReadOnlyByteBuffer())));
      }
      return new Body.Pieces(pieces);
    }

    int deleteDueObjects() {
      return deletions.deleteDue(
          1000,
          object -> {
            objects.remove(object);
            return true;
          });
    }
  }

  Replica replica() {
    return new Replica();
  }

  static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }

  /** Whether a blob is there, as a whole and unharmed, without counting as a use of it. */
  boolean isReadable(InstanceName instance, Digest digest) {
    return sql.sql(
            """
            select c.content, c.pieces from cas.blobs b join cas.bodies c using (key)
            join cas.instances i on i.id = b.instance where i.name = ? and b.hash = ?
            """)
        .param(instance.value())
        .param(digest.hashBytes())
        .query((row, _) -> {
          byte[] content = row.getBytes("content");
          if (content != null) {
            return digest(ByteString.copyFrom(content)).equals(digest);
          }
          ByteString whole = ByteString.EMPTY;
          for (UUID object : (UUID[]) row.getArray("pieces").getArray()) {
            whole = whole.concat(objects.getOrDefault(object, ByteString.EMPTY));
          }
          return digest(whole).equals(digest);
        })
        .optional()
        .orElse(false);
  }

  boolean isCondemned(InstanceName instance, Digest digest) {
    return sql.sql(
                """
                select count(*) from cas.blobs b join cas.instances i on i.id = b.instance
                where i.name = ? and b.hash = ? and b.condemned_at is not null
                """)
            .param(instance.value())
            .param(digest.hashBytes())
            .query(Integer.class)
            .single()
        > 0;
  }

  int count(String what) {
    return sql.sql("select count(*) from " + what).query(Integer.class).single();
  }

  /** Objects that nothing in the index knows. */
  Set<UUID> leaked() {
    Set<UUID> leaked = new HashSet<>(objects.keySet());
    sql.sql(
            """
            select object from cas.deletions
            union all select unnest(pieces) from cas.bodies
            union all select unnest(pieces) from cas.quarantine
            """)
        .query(UUID.class)
        .list()
        .forEach(leaked::remove);
    return leaked;
  }

  static ByteBuffer buffer(ByteString bytes) {
    return bytes.asReadOnlyByteBuffer();
  }
}
