package dev.millrace.cas.disk;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.Corrupt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Copies blobs that are used out of the blocks that are dropped next, so that what is in use stays.
 * The old copy is found until the new one is durable.
 */
final class Refresher {

  /** As many copy at a time, whoever asks: reading and writing go to one disk. */
  private static final int CONCURRENT = 2;

  /**
   * A blob that is used.
   *
   * @param block where it was found
   */
  record Use(Digest digest, Fingerprint key, long block) {}

  private final BlockRing ring;
  private final BlobIndex index;
  private final Committer committer;

  /** What is being copied, and the end of that. */
  private final Map<Fingerprint, CompletableFuture<Void>> underway = new ConcurrentHashMap<>();

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
   * Copies those that are still in an old block, those that are dropped next first. What others are
   * copying is waited for: it may be dropped before its turn comes.
   *
   * @return damage that was found on the way; those blobs are no longer in the index
   */
  List<Corrupt> refresh(List<Use> uses) {
    List<Corrupt> damage = new ArrayList<>();
    List<Use> left = uses;
    while (!left.isEmpty()) {
      left = refreshFree(left, damage);
    }
    return damage;
  }

  /** Copies those that nobody else is copying; returns the others once that has ended. */
  private List<Use> refreshFree(List<Use> uses, List<Corrupt> damage) {
    List<Use> mine = new ArrayList<>();
    Map<Use, CompletableFuture<Void>> others = new LinkedHashMap<>();
    CompletableFuture<Void> end = new CompletableFuture<>();
    permits.acquireUninterruptibly();
    try {
      for (Use use : uses) {
        CompletableFuture<Void> other = underway.putIfAbsent(use.key(), end);
        if (other == null) {
          mine.add(use);
        } else {
          others.put(use, other);
        }
      }
      copy(mine, damage);
    } finally {
      mine.forEach(use -> underway.remove(use.key()));
      permits.release();
      end.complete(null);
    }
    others.values().forEach(CompletableFuture::join);
    return List.copyOf(others.keySet());
  }

  private void copy(List<Use> uses, List<Corrupt> damage) {
    Map<Long, List<Use>> byBlock =
        uses.stream().collect(Collectors.groupingBy(Use::block, TreeMap::new, Collectors.toList()));
    Gathered gathered = new Gathered();
    byBlock.forEach((number, inBlock) -> {
      Block block = ring.acquire(number);
      if (block != null) {
        try {
          copyOutOf(block, inBlock, gathered, damage);
        } finally {
          block.release();
        }
      }
    });
    gathered.append();
  }

  /**
   * Copies blobs of one block, which is held: the first copies may well push it out of the ring
   * before the last.
   */
  private void copyOutOf(Block block, List<Use> uses, Gathered gathered, List<Corrupt> damage) {
    List<StoredRecord> records = new ArrayList<>();
    for (Use use : uses) {
      Location location = index.find(use.key(), ring::isLive);
      if (location != null && location.block() == block.number()) {
        records.add(new StoredRecord(use.digest(), use.key(), location, block, index));
      }
    }
    for (StoredRecord record : records) {
      try {
        if (record.length() <= DiskBlobStore.SMALL_BYTES) {
          gathered.add(new Committer.Pending(record.key(), record.payload()));
        } else {
          record.checkHeader();
          committer.copy(record.key(), record.length(), record);
          refreshed.incrementAndGet();
        }
      } catch (Corrupt corrupt) {
        damage.add(corrupt);
      }
    }
  }

  /** Small blobs that are written together. */
  private final class Gathered {
    private final List<Committer.Pending> blobs = new ArrayList<>();
    private long size;

    void add(Committer.Pending blob) {
      blobs.add(blob);
      size += blob.payload().remaining();
      if (size > Committer.GATHERED_BYTES) {
        append();
      }
    }

    void append() {
      if (!blobs.isEmpty()) {
        committer.append(blobs);
        refreshed.addAndGet(blobs.size());
        blobs.clear();
        size = 0;
      }
    }
  }
}
