package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets damaged blobs aside, but only so many in a minute. Disks damage one blob now and then; where
 * all seem damaged at once, it is what they are read through, and they had better stay.
 */
public final class Quarantine {

  /** Enough for what disks do, and little enough for someone to come and look. */
  public static final int DEFAULT_PER_MINUTE = 10;

  private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** What became of a blob that seems damaged. */
  public enum Verdict {
    /** It is missing from now on. */
    SET_ASIDE,
    /** It had been dropped or written anew meanwhile. */
    REPLACED,
    /** It is as it was, as too many others seemed damaged just before. */
    LEFT
  }

  private final BlobIndex index;
  private final int mostPerMinute;
  private final Clock clock;

  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Instant> recent = new ArrayDeque<>();
  private Instant lastComplaint = Instant.MIN;
  private final AtomicLong left = new AtomicLong();

  /**
   * @param mostPerMinute by this process; 0 for none at all
   */
  public Quarantine(BlobIndex index, int mostPerMinute, Clock clock) {
    if (mostPerMinute < 0) {
      throw new IllegalArgumentException("quarantines a minute: at least 0, not " + mostPerMinute);
    }
    this.index = index;
    this.mostPerMinute = mostPerMinute;
    this.clock = clock;
  }

  /** As {@link BlobIndex#quarantine}, within the limit. */
  public Verdict setAside(InstanceName instance, Digest digest, Body damaged, String reason) {
    if (!mayGo()) {
      left.incrementAndGet();
      if (mayComplain()) {
        LOG.error(
            "Too many blobs seem damaged: {} of '{}' and others are left as they are; look at what is"
                + " between here and the storage ({})",
            digest,
            instance,
            reason);
      }
      return Verdict.LEFT;
    }
    if (!index.quarantine(instance, digest, damaged, reason)) {
      return Verdict.REPLACED;
    }
    LOG.error("Blob {} of '{}' is damaged and set aside: {}", digest, instance, reason);
    return Verdict.SET_ASIDE;
  }

  private boolean mayGo() {
    Instant now = clock.instant();
    lock.lock();
    try {
      recent.removeIf(each -> !each.isAfter(now.minus(MINUTE)));
      if (recent.size() >= mostPerMinute) {
        return false;
      }
      recent.addLast(now);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean mayComplain() {
    Instant now = clock.instant();
    lock.lock();
    try {
      if (lastComplaint.isAfter(now.minus(MINUTE))) {
        return false;
      }
      lastComplaint = now;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** How often a blob was left that seemed damaged. */
  public long left() {
    return left.get();
  }
}
