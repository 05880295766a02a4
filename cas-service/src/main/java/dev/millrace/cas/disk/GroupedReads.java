package dev.millrace.cas.disk;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.digest.Digest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads many small blobs with few reads: what was stored together lies together, and is mostly
 * asked for together. Used once, by one thread.
 */
final class GroupedReads implements AutoCloseable {

  /** The most bytes of one read. */
  private static final int GROUP_BYTES = 512 * 1024;

  /** What lies between two blobs and is read for nothing, at most. */
  private static final int GAP_BYTES = 4 * 1024;

  private record Part(Block block, Location location, StoredRecord record) {
    long end() {
      return location.offset() + record.recordBytes();
    }
  }

  private final BlockRing ring;
  private final BlobIndex index;
  private final Map<Long, Block> held = new HashMap<>();
  private final List<Part> parts = new ArrayList<>();

  GroupedReads(BlockRing ring, BlobIndex index) {
    this.ring = ring;
    this.index = index;
  }

  /** Takes a blob to be read, unless it is large, in a block that is dropped soon, or gone. */
  boolean add(Digest digest, Fingerprint key, Location location) {
    if (location.length() > DiskBlobStore.SMALL_BYTES || ring.isOld(location.block())) {
      return false;
    }
    Block block = held.get(location.block());
    if (block == null) {
      block = ring.acquire(location.block());
      if (block == null) {
        return false;
      }
      held.put(location.block(), block);
    }
    parts.add(new Part(block, location, new StoredRecord(digest, key, location, block, index)));
    return true;
  }

  /** Reads and checks them all. */
  void into(Map<Digest, ByteString> blobs) {
    parts.sort(
        Comparator.comparingLong((Part part) -> part.location().block())
            .thenComparingLong(part -> part.location().offset()));
    int from = 0;
    for (int to = 1; to <= parts.size(); to++) {
      if (to == parts.size() || !belongsTo(parts.get(from), parts.get(to - 1), parts.get(to))) {
        read(parts.subList(from, to), blobs);
        from = to;
      }
    }
  }

  private static boolean belongsTo(Part first, Part last, Part next) {
    return next.block() == first.block()
        && next.location().offset() - last.end() <= GAP_BYTES
        && next.end() - first.location().offset() <= GROUP_BYTES;
  }

  private static void read(List<Part> group, Map<Digest, ByteString> blobs) {
    Block block = group.getFirst().block();
    long start = group.getFirst().location().offset();
    ByteBuffer bytes =
        ByteBuffer.allocate(
            Math.toIntExact(group.stream().mapToLong(Part::end).max().orElse(start) - start));
    int read = block.read(start, bytes);
    for (Part part : group) {
      int at = (int) (part.location().offset() - start);
      int there = Math.clamp(read - at, 0, part.record().recordBytes());
      ByteBuffer record = bytes.slice(Math.min(at, bytes.capacity()), there);
      blobs.put(
          part.record().digest(), UnsafeByteOperations.unsafeWrap(part.record().payload(record)));
    }
  }

  @Override
  public void close() {
    held.values().forEach(Block::release);
  }
}
