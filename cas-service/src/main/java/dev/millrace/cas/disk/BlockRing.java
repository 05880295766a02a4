package dev.millrace.cas.disk;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The blocks, oldest first, within a fixed number of bytes: gives out room at the end and drops the
 * oldest block to make some. Its one lock covers the giving out, and the making of a block, which
 * happens once in many thousand times; bytes of blobs move outside of it.
 */
final class BlockRing {

  /** A ring at one moment, for a checkpoint. */
  record Snapshot(long nextNumber, boolean idle, List<BlockState> blocks, List<Block> held) {}

  private final DiskProperties properties;
  private final Directories directories;
  private final int epoch;
  private final RandomGenerator salts;

  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Block> blocks = new ArrayDeque<>();
  private @Nullable Block current;
  private long nextNumber;
  private long appended;

  /** Bytes of files beside the blocks that count within the capacity. */
  private long setAside;

  private boolean closed;

  private volatile LiveBlocks live = LiveBlocks.of(List.of(), 0);

  /**
   * @param found the blocks of earlier runs, oldest first
   * @param epoch this run's
   * @param salts where blocks' salts come from; must not be predictable
   */
  BlockRing(
      DiskProperties properties,
      List<Block> found,
      long nextNumber,
      int epoch,
      RandomGenerator salts) {
    this.properties = properties;
    this.directories = new Directories(properties.directory());
    this.epoch = epoch;
    this.salts = salts;
    this.nextNumber = nextNumber;
    blocks.addAll(found);
    for (Block block : found) {
      current = block.space().sealed() ? current : block;
    }
    List<Block> dropped = new ArrayList<>();
    makeRoom(0, dropped);
    publish();
    dropped.forEach(Block::discard);
  }

  int epoch() {
    return epoch;
  }

  /** Whether an index entry leads to something that is there. */
  boolean isLive(long block, int entryEpoch, long offset) {
    Block found = live.find(block);
    return found != null && found.proof().admits(offset, entryEpoch);
  }

  /** Whether a block is among those that are dropped next. */
  boolean isOld(long block) {
    return block < live.oldBelow();
  }

  /** The block, held open until released; null if it has been dropped. */
  @Nullable Block acquire(long number) {
    Block block = live.find(number);
    return block != null && block.acquire() ? block : null;
  }

  /**
   * Room for records of that many bytes, a multiple of the record alignment.
   *
   * @throws Failure.Unavailable if the ring is closed or no block can be made
   */
  Reservation reserve(long size) {
    List<Block> dropped = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        throw new Failure.Unavailable("the local store is closed", null);
      }
      if (current != null && current.failed()) {
        current.space().seal();
        current = null;
      }
      Block block = current;
      long offset = block == null ? BlockSpace.NO_ROOM : block.space().reserve(size);
      if (block == null || offset == BlockSpace.NO_ROOM) {
        block = blockFor(size, dropped);
        offset = block.space().reserve(size);
      }
      appended += size;
      block.acquire();
      return new Reservation(block, offset);
    } finally {
      lock.unlock();
      // Deleting a large file takes a while.
      dropped.forEach(Block::discard);
    }
  }

  /**
   * Counts a file beside the blocks within the capacity, and makes room for it.
   *
   * @throws Failure.Unavailable if the ring is closed
   */
  void setAside(long bytes) {
    List<Block> dropped = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        throw new Failure.Unavailable("the local store is closed", null);
      }
      makeRoom(bytes, dropped);
      setAside += bytes;
      publish();
      sealIfOld();
    } finally {
      lock.unlock();
      dropped.forEach(Block::discard);
    }
  }

  /** The opposite of {@link #setAside}. */
  void bringBack(long bytes) {
    lock.lock();
    try {
      setAside -= bytes;
      if (!closed) {
        publish();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a block of a file that has been set aside: one record fills it, whose payload is where it
   * belongs. What was set aside for it is the block's from then on.
   *
   * @param size of the record
   * @throws Failure.Unavailable if the ring is closed or the file cannot be taken in
   */
  Reservation adopt(BlockFile file, long size) {
    lock.lock();
    try {
      if (closed) {
        throw new Failure.Unavailable("the local store is closed", null);
      }
      long limit = size + BlockHeader.BYTES;
      Block block = turnInto(file, limit);
      setAside -= limit;
      long offset = block.space().reserve(size);
      block.space().seal();
      blocks.addLast(block);
      appended += size;
      publish();
      sealIfOld();
      block.acquire();
      return new Reservation(block, offset);
    } finally {
      lock.unlock();
    }
  }

  /** A new block with room for that much, which records go to from now on unless one fills it. */
  private Block blockFor(long size, List<Block> dropped) {
    boolean ownBlock = size > properties.blockBytes() - BlockHeader.BYTES;
    if (!ownBlock && current != null) {
      current.space().seal();
      current = null;
    }
    long limit = ownBlock ? size + BlockHeader.BYTES : properties.blockBytes();
    makeRoom(limit, dropped);
    publish();
    Block block = make(limit);
    blocks.addLast(block);
    if (!ownBlock) {
      current = block;
    }
    publish();
    sealIfOld();
    return block;
  }

  /** Blobs copied forward must not end up where they came from. */
  private void sealIfOld() {
    if (current != null && isOld(current.number())) {
      current.space().seal();
      current = null;
      publish();
    }
  }

  private Block make(long limit) {
    return make(
        limit,
        header -> {
          BlockFile file = BlockFile.create(directories.block(header.number()));
          file.write(0, header.encode());
          return file;
        });
  }

  private Block turnInto(BlockFile file, long limit) {
    return make(
        limit,
        header -> {
          file.write(0, header.encode());
          file.moveTo(directories.block(header.number()));
          return file;
        });
  }

  /** How a block comes by its file. */
  private interface Origin {
    BlockFile fileFor(BlockHeader header) throws IOException;
  }

  private Block make(long limit, Origin origin) {
    // The number may be on disk already even if this fails.
    long number = nextNumber++;
    long salt = salts.nextLong();
    try {
      BlockFile file = origin.fileFor(new BlockHeader(number, salt, epoch));
      // No commit in the block may be durable before its name is.
      Directories.sync(directories.blocks());
      BlockSpace space = new BlockSpace(limit, BlockHeader.BYTES, /* sealed= */ false);
      return new Block(number, salt, Proof.made(epoch), file, space);
    } catch (IOException e) {
      throw new Failure.Unavailable("no block could be made in the local store", e);
    }
  }

  private void makeRoom(long bytes, List<Block> dropped) {
    long used = setAside + blocks.stream().mapToLong(this::footprint).sum();
    while (used + bytes > properties.capacityBytes() && !blocks.isEmpty()) {
      Block oldest = blocks.removeFirst();
      used -= footprint(oldest);
      oldest.markDropped();
      oldest.space().seal();
      if (oldest == current) {
        current = null;
      }
      dropped.add(oldest);
    }
  }

  /** What a block may come to take on disk. */
  private long footprint(Block block) {
    return block.space().sealed() ? block.space().extent() : block.space().limit();
  }

  private void publish() {
    // Old is what three quarters of the capacity have been written after, or set aside since.
    long after = setAside;
    long oldBelow = 0;
    Iterator<Block> newestFirst = blocks.descendingIterator();
    while (newestFirst.hasNext()) {
      Block block = newestFirst.next();
      after += footprint(block);
      if (after > properties.capacityBytes() / 4 * 3) {
        oldBelow = block.number() + 1;
        break;
      }
    }
    if (!blocks.isEmpty() && oldBelow > blocks.getLast().number()) {
      oldBelow = blocks.getLast().number();
    }
    live = LiveBlocks.of(blocks, oldBelow);
  }

  /** Nothing more is written to what was reserved; what was committed there is in the index. */
  void settle(Reservation reservation) {
    lock.lock();
    try {
      reservation.block().space().settle(reservation.offset());
    } finally {
      lock.unlock();
    }
    reservation.block().release();
  }

  /**
   * What was reserved is not used, and holds nothing that a replay could take for a record: it is
   * given out again if it is the last in its block.
   */
  void giveBack(Reservation reservation) {
    Block block = reservation.block();
    boolean unused = false;
    lock.lock();
    try {
      block.space().giveBack(reservation.offset());
      if (block != current && block.space().tail() == BlockHeader.BYTES && blocks.remove(block)) {
        unused = true;
        publish();
      }
    } finally {
      lock.unlock();
    }
    block.release();
    if (unused) {
      block.discard();
    }
  }

  /** Bytes given out in this run. */
  long appended() {
    lock.lock();
    try {
      return appended;
    } finally {
      lock.unlock();
    }
  }

  /** The ring now; its blocks are held open, and the caller releases them. */
  Snapshot snapshot() {
    lock.lock();
    try {
      List<BlockState> states = new ArrayList<>();
      List<Block> held = new ArrayList<>();
      boolean idle = true;
      for (Block block : blocks) {
        BlockSpace space = block.space();
        states.add(
            new BlockState(
                block.number(),
                block.salt(),
                block.proof(),
                space.settledTo(),
                space.tail(),
                block != current));
        idle &= space.idle();
        if (block.acquire()) {
          held.add(block);
        }
      }
      return new Snapshot(nextNumber, idle, states, held);
    } finally {
      lock.unlock();
    }
  }

  /** Gives out nothing more. */
  void refuse() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of all blocks; those that are being read stay open until they are released. */
  void close() {
    refuse();
    live = LiveBlocks.of(List.of(), 0);
    lock.lock();
    try {
      blocks.forEach(Block::release);
      blocks.clear();
      current = null;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that the block files and what is set aside take at most. */
  long footprint() {
    lock.lock();
    try {
      return setAside + blocks.stream().mapToLong(this::footprint).sum();
    } finally {
      lock.unlock();
    }
  }
}
