package dev.millrace.cas.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cas.index.PostgresUploads.Saved;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.TestDatabase;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

final class PostgresUploadsTest {

  private static final String NAME = "team/uploads/1/blobs/2/3";

  private final ManualClock clock = ManualClock.standing();
  private final DataSource dataSource = migrated();
  private final IndexDatabase database = new IndexDatabase(dataSource, 8);
  private final Deletions deletions = new Deletions(database, Duration.ofDays(1), clock);
  private final PostgresUploads uploads = new PostgresUploads(database, deletions, clock);

  private static DataSource migrated() {
    DataSource database = TestDatabase.create();
    CasSchema.migrations(database).migrate();
    return database;
  }

  @Test
  void anUploadGoesOnWithWhatWasSavedOfIt() {
    assertThat(uploads.resume(NAME)).isEmpty();
    assertThat(uploads.kept(NAME)).isEmpty();
    long epoch = uploads.begin(NAME);
    assertThat(uploads.kept(NAME)).hasValue(0);
    Saved saved = new Saved(epoch, List.of(piece(100), piece(2_000_000)), new byte[] {1, 2});
    uploads.save(NAME, saved);
    assertThat(uploads.kept(NAME)).hasValue(2_000_102);
    Saved resumed = uploads.resume(NAME).orElseThrow();
    assertThat(resumed.length()).isEqualTo(2_000_102);
    assertThat(resumed.pieces()).isEqualTo(saved.pieces());
    assertThat(resumed.tail()).isEqualTo(saved.tail());
  }

  @Test
  void whoeverWasOvertakenCannotSaveOrDiscard() {
    long first = uploads.begin(NAME);
    uploads.save(NAME, new Saved(first, List.of(piece(100)), new byte[0]));
    long second = uploads.resume(NAME).orElseThrow().epoch();
    assertThatThrownBy(() -> uploads.save(NAME, new Saved(first, List.of(piece(100)), new byte[0])))
        .isInstanceOf(Failure.Unavailable.class);
    uploads.discard(NAME, first);
    assertThat(uploads.kept(NAME)).hasValue(100);
    uploads.discard(NAME, second);
    assertThat(uploads.kept(NAME)).isEmpty();
    long third = uploads.begin(NAME);
    assertThat(third).isGreaterThan(second);
  }

  @Test
  void beginningAnewLeavesTheOldPiecesToBeDeleted() {
    Piece old = piece(100);
    uploads.save(NAME, new Saved(uploads.begin(NAME), List.of(old), new byte[] {1}));
    uploads.begin(NAME);
    assertThat(uploads.kept(NAME)).hasValue(0);
    assertThat(due()).containsExactly(old.object());
  }

  @Test
  void anUploadWhosePiecesAreGoneBeginsAnew() {
    uploads.save(NAME, new Saved(uploads.begin(NAME), List.of(piece(100)), new byte[0]));
    clock.advance(Duration.ofDays(2));
    assertThat(due()).hasSize(1);
    assertThat(uploads.resume(NAME)).isEmpty();
    assertThat(uploads.kept(NAME)).isEmpty();
  }

  @Test
  void savingKeepsTheEarlierPiecesAlive() {
    long epoch = uploads.begin(NAME);
    Piece first = piece(100);
    uploads.save(NAME, new Saved(epoch, List.of(first), new byte[0]));
    clock.advance(Duration.ofHours(20));
    uploads.save(NAME, new Saved(epoch, List.of(first, piece(100)), new byte[0]));
    clock.advance(Duration.ofHours(20));
    assertThat(due()).isEmpty();
    assertThat(uploads.resume(NAME)).isPresent();
  }

  @Test
  void anUploadLeftOverFromABlobThatIsThereCannotHarmIt() {
    Digest digest = DigestFunction.SHA256.digestOf(new byte[] {1});
    BlobIndex index = new BlobIndex(database, deletions, Retention.DEFAULT, clock);
    Piece piece = piece(1);
    uploads.save(NAME, new Saved(uploads.begin(NAME), List.of(piece), new byte[0]));
    index.add(InstanceName.ROOT, digest, new Body.Pieces(List.of(piece)));
    uploads.discard(NAME);
    assertThat(due()).isEmpty();
    assertThat(index.findMissing(InstanceName.ROOT, Set.of(digest))).isEmpty();
  }

  @Test
  void uploadsThatNobodyGoesOnWithAreForgotten() {
    Piece piece = piece(100);
    uploads.save(NAME, new Saved(uploads.begin(NAME), List.of(piece), new byte[0]));
    clock.advance(Duration.ofHours(1));
    uploads.begin("another");
    assertThat(uploads.discardUntouchedSince(clock.instant())).isEqualTo(1);
    assertThat(uploads.kept(NAME)).isEmpty();
    assertThat(uploads.kept("another")).isPresent();
    assertThat(due()).containsExactly(piece.object());
  }

  @Test
  void anUploadThatIsBusyIsForgottenAnotherTime() throws Exception {
    Piece piece = piece(100);
    uploads.save(NAME, new Saved(uploads.begin(NAME), List.of(piece), new byte[0]));
    uploads.begin("another");
    clock.advance(Duration.ofHours(1));
    try (var busy = dataSource.getConnection()) {
      busy.setAutoCommit(false);
      try (var statement =
          busy.prepareStatement("select from cas.uploads where name = ? for update")) {
        statement.setString(1, NAME);
        statement.execute();
      }
      assertThat(uploads.discardUntouchedSince(clock.instant())).isEqualTo(1);
      busy.rollback();
    }
    assertThat(uploads.kept("another")).isEmpty();
    assertThat(uploads.kept(NAME)).hasValue(100);
    assertThat(due()).isEmpty();
    assertThat(uploads.discardUntouchedSince(clock.instant())).isEqualTo(1);
    assertThat(due()).containsExactly(piece.object());
  }

  private Piece piece(int length) {
    return new Piece(deletions.announce(), length, Checksums.of(ByteBuffer.wrap(new byte[length])));
  }

  private Set<UUID> due() {
    Set<UUID> deleted = new HashSet<>();
    deletions.deleteDue(10, deleted::add);
    return deleted;
  }
}
