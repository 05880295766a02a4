package dev.millrace.cas.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a start needs to know, instead of reading blocks: written as a whole, by renaming, after all
 * that it speaks of is durable.
 *
 * @param storeId ties the index to it
 * @param epoch the run that wrote it
 * @param clean whether that run ended after it, with nothing written since
 * @param nextNumber no block of this or a higher number had been made
 */
record Checkpoint(
    long storeId, int epoch, boolean clean, long nextNumber, List<BlockState> blocks) {

  private static final long MAGIC = 0x4d724c436b707431L;
  private static final int FIXED_BYTES = 3 * Long.BYTES + 3 * Integer.BYTES;
  private static final int CRC_BYTES = Integer.BYTES;

  Checkpoint {
    blocks = List.copyOf(blocks);
  }

  void write(Directories directories) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(FIXED_BYTES + blocks.size() * BlockState.BYTES + CRC_BYTES);
    bytes.putLong(MAGIC).putLong(storeId).putLong(nextNumber);
    bytes.putInt(epoch).putInt(clean ? 1 : 0).putInt(blocks.size());
    blocks.forEach(block -> block.encode(bytes));
    bytes.putInt(RecordFormat.crc(bytes.slice(0, bytes.position()))).flip();
    Path next = directories.nextCheckpoint();
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(
        next,
        directories.checkpoint(),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    Directories.sync(directories.root());
  }

  /** The checkpoint in a file; none if there is no sound one. */
  static Optional<Checkpoint> read(Path file) throws IOException {
    try {
      return decode(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static Optional<Checkpoint> decode(ByteBuffer bytes) {
    int end = bytes.limit() - CRC_BYTES;
    if (end < FIXED_BYTES
        || bytes.getLong() != MAGIC
        || bytes.getInt(end) != RecordFormat.crc(bytes.slice(0, end))) {
      return Optional.empty();
    }
    long storeId = bytes.getLong();
    long nextNumber = bytes.getLong();
    int epoch = bytes.getInt();
    boolean clean = bytes.getInt() == 1;
    int count = bytes.getInt();
    if (end - FIXED_BYTES != (long) count * BlockState.BYTES) {
      return Optional.empty();
    }
    List<BlockState> blocks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      blocks.add(BlockState.decode(bytes));
    }
    return Optional.of(new Checkpoint(storeId, epoch, clean, nextNumber, blocks));
  }
}
