package dev.millrace.cas.collection;

import dev.millrace.cas.index.Body;
import dev.millrace.cas.index.Checksums;
import dev.millrace.cas.index.Piece;
import dev.millrace.cas.index.Quarantine;
import dev.millrace.cas.index.ScrubTurn;
import dev.millrace.cas.index.ScrubbingIndex;
import dev.millrace.cas.index.StoredBlob;
import dev.millrace.cas.index.UnknownRow;
import dev.millrace.cas.s3.ObjectStore;
import dev.millrace.digest.Digest;
import dev.millrace.digest.Hasher;
import dev.millrace.failure.Failure;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads blobs that nobody may have read for long and hashes them again, so that damage is found
 * while a build can still make them anew. A blob whose content is not what its digest says is set
 * aside and thereby missing, unless too many are; a store that fails says nothing of the blob.
 */
public final class Scrubber {

  private static final Logger LOG = LoggerFactory.getLogger(Scrubber.class);

  /**
   * Damage may be on the way only: what is wrong has to be wrong as often as this, in the end in
   * the same way.
   */
  private static final int READS = 3;

  /** The most blobs taken on at once, whose small contents are in memory together. */
  private static final int BATCH = 100;

  private final ScrubbingIndex scrubbing;
  private final Quarantine quarantine;
  private final ObjectStore objects;
  private final ScrubSettings settings;
  private final CollectionMetrics metrics;
  private final Clock clock;

  public Scrubber(
      ScrubbingIndex scrubbing,
      Quarantine quarantine,
      ObjectStore objects,
      ScrubSettings settings,
      CollectionMetrics metrics,
      Clock clock) {
    this.scrubbing = scrubbing;
    this.quarantine = quarantine;
    this.objects = objects;
    this.settings = settings;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Hashes the blobs whose turn it is; returns how many were damaged. */
  public int scrub() {
    int damaged = 0;
    List<ScrubTurn> batch;
    do {
      batch = scrubbing.next(settings.dailyShare(), BATCH, clock.instant());
      for (ScrubTurn turn : batch) {
        switch (turn) {
          case StoredBlob blob -> {
            damaged += isDamaged(blob) ? 1 : 0;
            settings.throttle().passed(blob.digest().sizeBytes());
          }
          case UnknownRow(UUID key, String problem) -> {
            metrics.unknown();
            LOG.error("Row {} of the index is of no known blob and passed over: {}", key, problem);
          }
        }
      }
    } while (batch.size() == BATCH);
    return damaged;
  }

  private boolean isDamaged(StoredBlob blob) {
    try {
      Optional<String> problem = problem(blob);
      if (problem.isPresent()) {
        return isSetAside(blob, problem.get());
      }
      metrics.scrubbed(blob.digest().sizeBytes());
    } catch (Failure.Unavailable e) {
      unverified(blob, e.getMessage());
    }
    return false;
  }

  private boolean isSetAside(StoredBlob blob, String problem) {
    return switch (quarantine.setAside(blob.instance(), blob.digest(), blob.body(), problem)) {
      case SET_ASIDE -> {
        metrics.scrubbed(blob.digest().sizeBytes());
        metrics.corrupt();
        yield true;
      }
      case REPLACED -> false;
      case LEFT -> {
        unverified(blob, problem);
        yield false;
      }
    };
  }

  private void unverified(StoredBlob blob, @Nullable String why) {
    metrics.unverified();
    LOG.warn(
        "Blob {} of '{}' cannot be verified just now: {}", blob.digest(), blob.instance(), why);
  }

  private Optional<String> problem(StoredBlob blob) {
    Optional<String> problem = Optional.empty();
    boolean confirmed = false;
    for (int i = 0; i < READS; i++) {
      Optional<String> before = problem;
      problem =
          switch (blob.body()) {
            case Body.Content content -> problem(blob.digest(), content);
            case Body.Pieces pieces -> problem(blob.digest(), pieces);
            case Body.Unreadable unreadable -> Optional.of(unreadable.problem());
          };
      if (problem.isEmpty()) {
        return problem;
      }
      confirmed = problem.equals(before);
    }
    if (!confirmed) {
      throw new Failure.Unavailable("it is read differently each time", null);
    }
    return problem;
  }

  private static Optional<String> problem(Digest digest, Body.Content content) {
    Hasher hasher = digest.function().newHasher(digest.sizeBytes());
    hasher.update(content.bytes(), 0, content.bytes().length);
    return compared(digest, content.bytes().length, hasher);
  }

  private Optional<String> problem(Digest digest, Body.Pieces pieces) {
    Hasher hasher = digest.function().newHasher(digest.sizeBytes());
    ByteBuffer block = ByteBuffer.allocate(Checksums.BLOCK);
    for (Piece piece : pieces.list()) {
      for (int at = 0; at < piece.length(); at += Checksums.BLOCK) {
        block.clear().limit(Math.min(Checksums.BLOCK, piece.length() - at));
        switch (objects.read(piece.object(), at, block)) {
          case READ -> hasher.update(block.flip());
          case TOO_SHORT -> {
            return Optional.of("object " + piece.object() + " is too short");
          }
          case ABSENT -> {
            return Optional.of("object " + piece.object() + " does not exist");
          }
        }
      }
    }
    return compared(digest, pieces.length(), hasher);
  }

  private static Optional<String> compared(Digest digest, long length, Hasher hasher) {
    if (length != digest.sizeBytes()) {
      return Optional.of("it has " + length + " bytes");
    }
    String hash = hasher.hash();
    return hash.equals(digest.hash()) ? Optional.empty() : Optional.of("its hash is " + hash);
  }
}
