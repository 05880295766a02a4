package dev.millrace.cas.upload;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.resourcename.ResourceName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Uploads by name, so that one whose connection broke goes on where it stopped. Those that nobody
 * continues are kept for a bounded time, and no more than a bounded number of them: the longest
 * untouched goes first. They are kept in this process: after a restart they begin anew.
 */
public final class ResumableUploads implements AutoCloseable {

  private final BlobStore store;
  private final Clock clock;
  private final int maxSuspended;
  private final Duration maxAge;
  private final Map<ResourceName.Upload, Transfer> transfers = new ConcurrentHashMap<>();

  /**
   * @param maxSuspended most uploads kept that no call is writing
   * @param maxAge how long they are kept
   */
  public ResumableUploads(BlobStore store, Clock clock, int maxSuspended, Duration maxAge) {
    if (maxSuspended < 0 || maxAge.isNegative()) {
      throw new IllegalArgumentException("suspended uploads: bounds must not be negative");
    }
    this.store = store;
    this.clock = clock;
    this.maxSuspended = maxSuspended;
    this.maxAge = maxAge;
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
    removeExpired();
    BlobUpload upload = new BlobUpload(this, name);
    while (true) {
      Transfer present = transfers.get(name);
      if (present == null) {
        if (offset != 0) {
          throw new InvalidRequest(
              "write_offset", "is %d, but nothing is kept of this upload".formatted(offset));
        }
        Transfer fresh = new Transfer(() -> store.create(name.instance(), name.digest()), upload);
        upload.joins(fresh);
        if (transfers.putIfAbsent(name, fresh) == null) {
          return upload;
        }
        fresh.discard(upload);
      } else if (present.takeOver(upload, offset)) {
        upload.joins(present);
        return upload;
      } else {
        // It ended a moment ago, and whoever ended it may not have removed it yet.
        forget(name, present);
      }
    }
  }

  /** Bytes taken of an upload so far, whether or not a call is writing it; empty if unknown. */
  public OptionalLong written(ResourceName.Upload name) {
    removeExpired();
    Transfer transfer = transfers.get(name);
    return transfer == null ? OptionalLong.empty() : OptionalLong.of(transfer.written());
  }

  /** Gives up an upload that no call is writing, because its blob came another way. */
  public void discardSuspended(ResourceName.Upload name) {
    Transfer transfer = transfers.get(name);
    if (transfer != null && transfer.discard(null)) {
      forget(name, transfer);
    }
  }

  /** Gives up the uploads that nobody has continued in time. */
  public void removeExpired() {
    Instant oldest = clock.instant().minus(maxAge);
    transfers.forEach((name, transfer) -> {
      if (transfer.suspendedAt().filter(oldest::isAfter).isPresent()) {
        discardSuspended(name);
      }
    });
  }

  /** Gives up all that no call is writing. */
  @Override
  public void close() {
    transfers.keySet().forEach(this::discardSuspended);
  }

  Instant now() {
    return clock.instant();
  }

  /** Makes room after an upload was suspended, if it was. */
  void suspended(boolean another) {
    while (another && suspended() > maxSuspended) {
      transfers.entrySet().stream()
          .filter(e -> e.getValue().suspendedAt().isPresent())
          .min(Comparator.comparing(e -> e.getValue().suspendedAt().orElse(Instant.MAX)))
          .ifPresent(e -> discardSuspended(e.getKey()));
    }
  }

  void forget(ResourceName.Upload name, Transfer transfer) {
    transfers.remove(name, transfer);
  }

  /** How many uploads are kept that no call is writing. */
  public long suspended() {
    return transfers.values().stream().filter(t -> t.suspendedAt().isPresent()).count();
  }
}
