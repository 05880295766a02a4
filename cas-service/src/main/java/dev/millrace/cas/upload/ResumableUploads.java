package dev.millrace.cas.upload;

import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads by name, so that one whose connection broke goes on where it stopped, here or wherever
 * its staging area is seen from. Within this process the last call to open an upload has it, with
 * all that the one before had sent. An end of the service suspends what is being written.
 */
public final class ResumableUploads implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ResumableUploads.class);

  private final UploadPlaces places;
  private final StagingArea staging;
  private final Clock clock;
  private final Duration maxAge;
  private final SuspendedUploads suspended;
  private final Map<ResourceName.Upload, Transfer> live = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * @param maxSuspended most uploads that this process keeps without a call that writes them
   * @param maxAge how long they are kept
   */
  public ResumableUploads(UploadPlaces places, Clock clock, int maxSuspended, Duration maxAge) {
    if (maxSuspended < 0 || maxAge.isNegative()) {
      throw new IllegalArgumentException("suspended uploads: bounds must not be negative");
    }
    this.places = places;
    this.staging = places.staging();
    this.clock = clock;
    this.maxAge = maxAge;
    suspended = new SuspendedUploads(maxSuspended);
  }

  /**
   * Begins an upload or goes on with one. Offset 0 always starts over. An upload that another call
   * is still writing is taken from it.
   *
   * @param offset where the caller goes on
   * @throws InvalidRequest if the upload does not go on there
   * @throws Failure.Exhausted if there is no room for the blob
   */
  public BlobUpload open(ResourceName.Upload name, long offset) {
    BlobUpload upload = new BlobUpload(this, name);
    boolean taken = false;
    while (!taken) {
      Transfer transfer = live.computeIfAbsent(name, n -> new Transfer(placeOf(n)));
      try {
        taken = transfer.takeOver(upload, offset);
      } finally {
        if (!taken) {
          endedIfOver(name, transfer);
        }
      }
      upload.joins(transfer);
    }
    suspended.remove(name);
    if (closed) {
      upload.suspend();
      throw new Failure.Unavailable("the service is about to stop", /* cause= */ null);
    }
    return upload;
  }

  private Transfer.Place placeOf(ResourceName.Upload name) {
    return new Transfer.Place() {
      @Override
      public StagedBlob begin() {
        return places.begin(name, suspended.contains(name));
      }

      @Override
      public Optional<StagedBlob> resume(long offset) {
        // Looked at first: nobody's upload is to be taken from them in vain.
        OptionalLong kept = staging.kept(name);
        return kept.isPresent() && kept.getAsLong() == offset
            ? resumed(name).filter(staged -> goesOnAt(offset, staged))
            : Optional.empty();
      }
    };
  }

  private Optional<StagedBlob> resumed(ResourceName.Upload name) {
    Optional<StagedBlob> staged = staging.resume(name);
    if (staged.isEmpty()) {
      // What was kept turned out to be damaged: nothing is known of the upload any more.
      suspended.remove(name);
    }
    return staged;
  }

  private static boolean goesOnAt(long offset, StagedBlob staged) {
    if (staged.written() == offset) {
      return true;
    }
    try (staged) {
      staged.suspend();
    }
    return false;
  }

  /** Bytes taken of an upload so far, whether or not a call is writing it; empty if unknown. */
  public OptionalLong written(ResourceName.Upload name) {
    Transfer transfer = live.get(name);
    OptionalLong written =
        transfer == null || transfer.isOver() ? OptionalLong.empty() : transfer.written();
    if (written.isPresent()) {
      return written;
    }
    OptionalLong kept = staging.kept(name);
    return kept.isEmpty() && suspended.contains(name) ? OptionalLong.of(0) : kept;
  }

  /**
   * Gives up an upload that no call is writing, because its blob came another way.
   *
   * @param offset where the caller would have gone on: from 0 on there is most likely nothing, and
   *     that is worth no look at what other processes keep
   */
  public void discardSuspended(ResourceName.Upload name, long offset) {
    if (suspended.remove(name) || offset > 0) {
      staging.discard(name);
    }
  }

  /**
   * Gives up the uploads that nobody has continued in time. The staging area knows which those are:
   * another process may have gone on with what this one suspended.
   */
  public void removeExpired() {
    Instant oldest = clock.instant().minus(maxAge);
    suspended.removeOlderThan(oldest);
    int discarded = staging.discardUntouchedSince(oldest);
    if (discarded > 0) {
      log.info("{} uploads that nobody continued were given up", discarded);
    }
  }

  /** Suspends all that calls are writing, and takes no more. */
  @Override
  public void close() {
    closed = true;
    live.forEach((name, transfer) -> {
      try {
        if (transfer.suspend()) {
          suspended(name, transfer);
        }
      } catch (Failure notKept) {
        log.warn("The upload {} could not be suspended: {}", name, notKept.getMessage());
        ended(name, transfer);
      }
    });
  }

  /** Takes note of an upload that goes on later, and gives up another where there are too many. */
  void suspended(ResourceName.Upload name, Transfer transfer) {
    Optional<ResourceName.Upload> tooMany = suspended.add(name, clock.instant());
    ended(name, transfer);
    tooMany.ifPresent(staging::discardSuspended);
  }

  void endedIfOver(ResourceName.Upload name, Transfer transfer) {
    if (transfer.isOver()) {
      ended(name, transfer);
    }
  }

  void ended(ResourceName.Upload name, Transfer transfer) {
    live.remove(name, transfer);
  }

  /** How many uploads this process keeps that no call is writing. */
  public int suspended() {
    return suspended.count();
  }
}
