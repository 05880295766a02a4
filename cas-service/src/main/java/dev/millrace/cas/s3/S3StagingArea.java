package dev.millrace.cas.s3;

import dev.millrace.cas.index.BlobIndex;
import dev.millrace.cas.index.Checksums;
import dev.millrace.cas.index.PostgresUploads;
import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Uploads as objects that are written while the bytes arrive, and rows that say which: what one
 * replica has begun any other can go on with. A commit makes the objects a blob without copying
 * one.
 *
 * <p>A blob of more than a piece has a row from the start, which fences its writers on all replicas
 * by epoch, and which is brought up to date with every piece. A smaller one has a row only once it
 * is suspended or stalls, so that most uploads cost no more than their blob does.
 *
 * <p>Takes content as it comes: wrap it in a {@code VerifyingStagingArea}.
 */
public final class S3StagingArea implements StagingArea {

  /** What is larger would be copied to a block of memory that, staged, it arrives in. */
  private static final int GATHERED_BYTES = 64 * 1024;

  /** Where writing out fails, more of it hardly helps. */
  private static final int MOST_TRIED = 3;

  private final BlobIndex index;
  private final UploadClaims claims;
  private final PostgresUploads uploads;
  private final PieceStore pieces;
  private final StagingLimits limits;
  private final Clock clock;

  /** The uploads that this process is writing. */
  private final ConcurrentHashMap<ResourceName.Upload, S3StagedBlob> live =
      new ConcurrentHashMap<>();

  private record Suspension(long epoch, Instant since) {}

  /** What this process was the last to write, as far as it knows. */
  private final ConcurrentHashMap<ResourceName.Upload, Suspension> suspended =
      new ConcurrentHashMap<>();

  /**
   * @param blobs what uploads become blobs of
   */
  public S3StagingArea(
      ObjectBlobStore blobs, PostgresUploads uploads, StagingLimits limits, Clock clock) {
    this.index = blobs.index();
    this.claims = blobs.claims();
    this.pieces = blobs.pieces();
    this.uploads = uploads;
    this.limits = limits;
    this.clock = clock;
  }

  @Override
  public StagedBlob begin(ResourceName.Upload name) {
    suspended.remove(name);
    SavedUpload saved = new SavedUpload(name.toString(), uploads, pieces);
    if (name.digest().sizeBytes() > pieceBytes()) {
      saved.begin();
    } else {
      saved.forgetEarlier();
    }
    return entered(new S3StagedBlob(this, name, saved));
  }

  @Override
  public Optional<StagedBlob> resume(ResourceName.Upload name) {
    S3StagedBlob before = live.get(name);
    if (before != null) {
      before.handOver();
    }
    suspended.remove(name);
    return uploads
        .resume(name.toString())
        .map(found -> {
          SavedUpload saved = new SavedUpload(name.toString(), uploads, pieces, found);
          S3StagedBlob blob = new S3StagedBlob(this, name, saved);
          blob.load(found.tail());
          return entered(blob);
        });
  }

  private StagedBlob entered(S3StagedBlob blob) {
    S3StagedBlob unused =
        live.merge(
            blob.name(),
            blob,
            (old, fresh) -> {
              // Those who come at once are in the order that the database saw them in.
              S3StagedBlob loser = fresh.isBefore(old) ? fresh : old;
              loser.lose();
              return loser == old ? fresh : old;
            });
    return blob;
  }

  @Override
  public OptionalLong kept(ResourceName.Upload name) {
    OptionalLong saved = uploads.kept(name.toString());
    return saved.isEmpty() && live.containsKey(name) ? OptionalLong.of(0) : saved;
  }

  @Override
  public void discard(ResourceName.Upload name) {
    if (!live.containsKey(name)) {
      suspended.remove(name);
      uploads.discard(name.toString());
    }
  }

  @Override
  public int gatheringLimit() {
    return GATHERED_BYTES;
  }

  @Override
  public void discardSuspended(ResourceName.Upload name) {
    Suspension suspension = suspended.remove(name);
    if (suspension != null) {
      uploads.discard(name.toString(), suspension.epoch());
    }
  }

  @Override
  public int discardUntouchedSince(Instant then) {
    suspended.values().removeIf(each -> each.since().isBefore(then));
    return uploads.discardUntouchedSince(then);
  }

  /** Takes the memory of uploads that nothing has arrived of for long; returns of how many. */
  public int writeOutIdle() {
    Instant before = clock.instant().minus(idle());
    return (int) live.values().stream().filter(blob -> blob.writeOutIfIdle(before)).count();
  }

  private Duration idle() {
    return pieces.memory().free() == 0 ? limits.crowdedIdle() : limits.idle();
  }

  /** Makes room for one who needs memory, by taking that of whoever has been idle the longest. */
  void makeRoom() {
    if (pieces.memory().free() == 0) {
      record Idle(S3StagedBlob blob, Instant since) {}
      Instant before = clock.instant().minus(limits.crowdedIdle());
      boolean unused =
          live.values().stream()
              .filter(blob -> blob.isIdle(before))
              .map(blob -> new Idle(blob, blob.lastWritten()))
              .sorted(Comparator.comparing(Idle::since))
              .limit(MOST_TRIED)
              .anyMatch(idle -> idle.blob().writeOutIfIdle(before));
    }
  }

  private int pieceBytes() {
    return pieces.pieceBlocks() * Checksums.BLOCK;
  }

  /** How many uploads this process is writing. */
  public int writing() {
    return live.size();
  }

  void ended(S3StagedBlob blob) {
    live.remove(blob.name(), blob);
  }

  void suspended(S3StagedBlob blob, long epoch) {
    suspended.put(blob.name(), new Suspension(epoch, clock.instant()));
  }

  UploadClaims claims() {
    return claims;
  }

  BlobIndex index() {
    return index;
  }

  PieceStore pieces() {
    return pieces;
  }

  StagingLimits limits() {
    return limits;
  }

  Clock clock() {
    return clock;
  }

  static Failure overtaken() {
    return new Failure.Unavailable("another call goes on with this upload, or it has ended", null);
  }
}
