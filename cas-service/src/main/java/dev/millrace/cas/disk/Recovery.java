package dev.millrace.cas.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a directory holds. After a clean end that takes the checkpoint alone; after a
 * crash, what was written since the last checkpoint is read and entered again; if the checkpoint or
 * the index is damaged, the frames of all records are read.
 */
final class Recovery {

  private static final Logger log = LoggerFactory.getLogger(Recovery.class);

  /**
   * What was found.
   *
   * @param replayed how many records had to be read
   */
  record Found(
      long storeId,
      int epoch,
      long nextNumber,
      BlobIndex index,
      List<Block> blocks,
      long replayed) {}

  private final DiskProperties properties;
  private final Directories directories;
  private final @Nullable Checkpoint checkpoint;
  private final Map<Long, BlockState> known;
  private final long storeId;
  private int epoch;
  private long nextNumber;
  private final Set<Long> present = new HashSet<>();
  private long replayed;

  Recovery(DiskProperties properties, RandomGenerator random) throws IOException {
    this.properties = properties;
    directories = new Directories(properties.directory());
    checkpoint = Checkpoint.read(directories.checkpoint()).orElse(null);
    known =
        checkpoint == null
            ? Map.of()
            : checkpoint.blocks().stream()
                .collect(Collectors.toMap(BlockState::number, Function.identity()));
    storeId = checkpoint == null ? random.nextLong() : checkpoint.storeId();
    epoch = checkpoint == null ? 1 : checkpoint.epoch() + 1;
    nextNumber = checkpoint == null ? 1 : checkpoint.nextNumber();
  }

  Found run() throws IOException {
    SortedMap<Long, Path> files = blockFiles();
    Map<Long, BlockState> states = new TreeMap<>();
    for (Map.Entry<Long, Path> file : files.entrySet()) {
      Optional<BlockState> state = stateOf(file.getKey(), file.getValue());
      if (state.isPresent()) {
        states.put(file.getKey(), state.get());
        epoch = Math.max(epoch, state.get().proof().epoch() + 1);
      } else {
        Files.delete(file.getValue());
      }
      nextNumber = Math.max(nextNumber, file.getKey() + 1);
    }
    present.addAll(states.keySet());
    BlobIndex index = checkpoint == null ? null : existingIndex();
    boolean rebuild = index == null;
    if (index == null) {
      index = BlobIndex.create(directories.index(), storeId, properties.indexEntries());
    }
    if (rebuild && !states.isEmpty()) {
      log.warn(
          "The block store in {} has no sound {} of these settings: reading all records of {} blocks",
          properties.directory(),
          checkpoint == null ? "checkpoint" : "index",
          states.size());
    }
    List<Block> blocks = new ArrayList<>();
    for (BlockState state : states.values()) {
      Block block = recover(state, index, rebuild);
      if (block != null) {
        blocks.add(block);
      }
    }
    return new Found(storeId, epoch, nextNumber, index, blocks, replayed);
  }

  private SortedMap<Long, Path> blockFiles() throws IOException {
    SortedMap<Long, Path> files = new TreeMap<>();
    try (Stream<Path> entries = Files.list(directories.blocks())) {
      for (Path file : entries.toList()) {
        long number = Directories.numberOf(file);
        if (number >= 0) {
          files.put(number, file);
        }
      }
    }
    return files;
  }

  /** What is known of a block; nothing if it is to be deleted. */
  private Optional<BlockState> stateOf(long number, Path file) throws IOException {
    BlockState state = known.get(number);
    if (state != null) {
      return Optional.of(state);
    }
    if (checkpoint != null && number < checkpoint.nextNumber()) {
      // Dropped before the checkpoint, and not deleted in time.
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.allocate(BlockHeader.BYTES);
    BlockFile opened = BlockFile.open(file);
    try {
      opened.read(0, bytes);
    } finally {
      opened.close();
    }
    Optional<BlockHeader> header =
        BlockHeader.decode(bytes.flip()).filter(found -> found.number() == number);
    if (header.isEmpty()) {
      log.warn("Block {} has no sound header, nothing in it can be read: deleting it", number);
    }
    return header.map(BlockState::unknown);
  }

  private @Nullable BlobIndex existingIndex() throws IOException {
    return Files.exists(directories.index())
        ? BlobIndex.open(directories.index(), storeId, properties.indexEntries())
        : null;
  }

  private @Nullable Block recover(BlockState state, BlobIndex index, boolean rebuild)
      throws IOException {
    BlockFile file = BlockFile.open(directories.block(state.number()));
    long size = file.size();
    boolean shortened = size < state.settledTo();
    boolean settled = state.settled() || (checkpoint != null && checkpoint.clean());
    if (settled && !rebuild && !shortened) {
      long limit = Math.max(properties.blockBytes(), state.tail());
      BlockSpace space = new BlockSpace(limit, state.tail(), state.sealed());
      return new Block(state.number(), state.salt(), state.proof(), file, space);
    }
    long from = rebuild || shortened ? BlockHeader.BYTES : state.settledTo();
    Proof proof = state.proof().replayed(from, epoch);
    BlockSpace none = new BlockSpace(0, 0, /* sealed= */ true);
    Block block = new Block(state.number(), state.salt(), proof, file, none);
    long trustedTo = shortened ? from : Math.max(from, state.settledTo());
    long end = new Replay(block, size).run(from, trustedTo, sink(block, index));
    if (end == BlockHeader.BYTES) {
      block.discard();
      return null;
    }
    // What is behind the last sound record is of no use, and counts as used until it is gone.
    file.truncate(end);
    BlockSpace space = new BlockSpace(end, end, /* sealed= */ true);
    return new Block(state.number(), state.salt(), proof, file, space);
  }

  private Replay.Sink sink(Block block, BlobIndex index) {
    return (key, offset, length) -> {
      replayed++;
      index.put(
          key,
          new Location(block.number(), epoch, offset, length),
          (number, entryEpoch, at) ->
              number == block.number()
                  ? block.proof().admits(at, entryEpoch)
                  : present.contains(number));
    };
  }
}
