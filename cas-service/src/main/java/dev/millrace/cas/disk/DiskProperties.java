package dev.millrace.cas.disk;

import java.nio.file.Path;

/**
 * How large a {@link DiskBlobStore} is, and what it promises.
 *
 * @param directory where the store lives; made if it is not there, and used by one process at a
 *     time
 * @param capacityBytes the most that block files take; the index comes on top
 * @param blockBytes the size of a block file, and so of the portion that is dropped at once
 * @param indexEntries how many blobs can be found at most; a power of two, 64 bytes of file each
 * @param checkpointBytes after how many bytes written a checkpoint is taken, which is what has to
 *     be read again after a crash
 * @param synchronous whether a commit waits until its bytes are on stable storage
 */
public record DiskProperties(
    Path directory,
    long capacityBytes,
    long blockBytes,
    long indexEntries,
    long checkpointBytes,
    boolean synchronous) {

  static final long MIN_BLOCK_BYTES = 16 * 1024;

  private static final long MIB = 1024 * 1024;
  private static final long MIN_INDEX_ENTRIES = 64;
  private static final long MAX_INDEX_ENTRIES = 1L << 28;

  public DiskProperties {
    if (blockBytes < MIN_BLOCK_BYTES) {
      throw new IllegalArgumentException("a block has at least " + MIN_BLOCK_BYTES + " bytes");
    }
    if (capacityBytes < 4 * blockBytes) {
      throw new IllegalArgumentException(
          "the capacity, %d bytes, must be at least four blocks of %d bytes"
              .formatted(capacityBytes, blockBytes));
    }
    if (Long.bitCount(indexEntries) != 1
        || indexEntries < MIN_INDEX_ENTRIES
        || indexEntries > MAX_INDEX_ENTRIES) {
      throw new IllegalArgumentException(
          "the number of index entries must be a power of two from %d to %d, is %d"
              .formatted(MIN_INDEX_ENTRIES, MAX_INDEX_ENTRIES, indexEntries));
    }
    if (checkpointBytes <= 0) {
      throw new IllegalArgumentException("the checkpoint interval must be positive");
    }
  }

  /**
   * The usual store of a capacity: a sixteenth of it a block, an index entry for every 4 KiB,
   * durable commits.
   */
  public static DiskProperties of(Path directory, long capacityBytes) {
    long block = Math.clamp(capacityBytes / 16, 64 * MIB, 1024 * MIB);
    return new DiskProperties(
        directory,
        capacityBytes,
        Math.max(MIN_BLOCK_BYTES, Math.min(block, capacityBytes / 4)),
        entriesFor(capacityBytes),
        128 * MIB,
        /* synchronous= */ true);
  }

  private static long entriesFor(long capacityBytes) {
    long wanted = Math.clamp(capacityBytes / 4096, 1L << 20, MAX_INDEX_ENTRIES);
    return Long.highestOneBit(2 * wanted - 1);
  }

  public DiskProperties withBlockBytes(long bytes) {
    return new DiskProperties(
        directory, capacityBytes, bytes, indexEntries, checkpointBytes, synchronous);
  }

  public DiskProperties withIndexEntries(long entries) {
    return new DiskProperties(
        directory, capacityBytes, blockBytes, entries, checkpointBytes, synchronous);
  }

  public DiskProperties withCheckpointBytes(long bytes) {
    return new DiskProperties(
        directory, capacityBytes, blockBytes, indexEntries, bytes, synchronous);
  }

  public DiskProperties withSynchronous(boolean value) {
    return new DiskProperties(
        directory, capacityBytes, blockBytes, indexEntries, checkpointBytes, value);
  }

  /** The largest blob that is taken: larger ones would push out most of what is stored. */
  long largestBlobBytes() {
    return capacityBytes / 2 - BlockHeader.BYTES - RecordFormat.sizeOf(0);
  }

  /** The most that writers may have claimed and not yet committed. */
  long claimableBytes() {
    return capacityBytes / 4;
  }
}
