package dev.millrace.cas.disk;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.Corrupt;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Copies blobs that are used out of the blocks that are dropped next, so that what is in use stays.
 * The old copy is found until the new one is durable.
 */
final class Refresher {

  /** As many copy at a time, whoever asks: reading and writing go to one disk. */
  private static final int CONCURRENT = 2;

  private static final int COPY_BYTES = 256 * 1024;

  /** A blob that is used. */
  record Use(Digest digest, Fingerprint key) {}

  private final BlockRing ring;
  private final BlobIndex index;
  private final Committer committer;
  private final Set<Fingerprint> underway = ConcurrentHashMap.newKeySet();
  private final Semaphore permits = new Semaphore(CONCURRENT);
  private final AtomicLong refreshed = new AtomicLong();

  Refresher(BlockRing ring, BlobIndex index, Committer committer) {
    this.ring = ring;
    this.index = index;
    this.committer = committer;
  }

  /** Blobs copied in this run. */
  long refreshed() {
    return refreshed.get();
  }

  /**
   * Copies those that are still in an old block and not being copied by another.
   *
   * @return damage that was found on the way; those blobs are no longer in the index
   */
  List<Corrupt> refresh(List<Use> uses) {
    List<Corrupt> damage = new ArrayList<>();
    List<Use> mine = new ArrayList<>();
    permits.acquireUninterruptibly();
    try {
      for (Use use : uses) {
        if (underway.add(use.key())) {
          mine.add(use);
        }
      }
      copy(mine, damage);
    } finally {
      mine.forEach(use -> underway.remove(use.key()));
      permits.release();
    }
    return damage;
  }

  private void copy(List<Use> uses, List<Corrupt> damage) {
    List<Committer.Pending> gathered = new ArrayList<>();
    long size = 0;
    for (Use use : uses) {
      try {
        ByteBuffer small = copy(use);
        if (small != null) {
          gathered.add(new Committer.Pending(use.key(), small));
          size += small.remaining();
        }
      } catch (Corrupt corrupt) {
        damage.add(corrupt);
      }
      if (size > Committer.GATHERED_BYTES) {
        append(gathered);
        size = 0;
      }
    }
    append(gathered);
  }

  private void append(List<Committer.Pending> gathered) {
    if (!gathered.isEmpty()) {
      committer.append(gathered);
      refreshed.addAndGet(gathered.size());
      gathered.clear();
    }
  }

  /** Copies a large blob; reads a small one and leaves it to the caller. */
  private @Nullable ByteBuffer copy(Use use) {
    Location location = index.find(use.key(), ring::isLive);
    if (location == null || !ring.isOld(location.block())) {
      return null;
    }
    Block block = ring.acquire(location.block());
    if (block == null) {
      return null;
    }
    try {
      StoredRecord record = new StoredRecord(use.digest(), use.key(), location, block, index);
      if (location.length() <= DiskBlobStore.SMALL_BYTES) {
        return record.payload();
      }
      record.checkHeader();
      copy(record);
      refreshed.incrementAndGet();
      return null;
    } finally {
      block.release();
    }
  }

  private void copy(StoredRecord record) {
    Reservation to = committer.reserve(record.length());
    boolean ended = false;
    try {
      CRC32C crc = new CRC32C();
      ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
      for (long at = 0; at < record.length(); at += buffer.limit()) {
        buffer.clear().limit((int) Math.min(COPY_BYTES, record.length() - at));
        record.read(at, buffer);
        crc.update(buffer.flip());
        to.block().write(to.offset() + RecordFormat.HEADER_BYTES + at, buffer.rewind());
      }
      record.checkPayload((int) crc.getValue());
      ended = true;
      committer.commit(to, record.key(), record.length(), (int) crc.getValue());
    } finally {
      if (!ended) {
        committer.giveBack(to);
      }
    }
  }
}
