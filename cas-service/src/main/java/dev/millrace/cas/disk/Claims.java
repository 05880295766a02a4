package dev.millrace.cas.disk;

import dev.millrace.failure.Failure;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what writers have asked for and not yet committed, so that clients who claim room and send
 * nothing cannot push out what others stored.
 */
final class Claims {

  private final long limit;
  private final AtomicLong claimed = new AtomicLong();

  Claims(long limit) {
    this.limit = limit;
  }

  /** Always grants a claim while there is no other, so that every blob that fits can be written. */
  Claim take(long bytes) {
    long before = claimed.getAndAdd(bytes);
    if (before > 0 && before + bytes > limit) {
      claimed.addAndGet(-bytes);
      throw new Failure.Exhausted(
          "writers in progress have claimed %d bytes of the local store, %d more would exceed %d"
              .formatted(before, bytes, limit));
    }
    return new Claim(this, bytes);
  }

  /** The claim of one that an earlier run has granted, whatever else is claimed. */
  Claim renew(long bytes) {
    claimed.addAndGet(bytes);
    return new Claim(this, bytes);
  }

  /** The claim of one who has all bytes at hand, and so keeps no room waiting. */
  Claim none() {
    return new Claim(this, 0);
  }

  void giveBack(long bytes) {
    claimed.addAndGet(-bytes);
  }
}
