package dev.millrace.cas.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * Positional reads and writes of a file that many threads share. A {@link FileChannel} is closed
 * for everybody when one thread that uses it is interrupted; this opens it again, so that a
 * cancelled call disturbs no other.
 */
final class BlockFile {

  /**
   * Java copies heap buffers through direct ones of their size, which it keeps: keep them small.
   */
  private static final int MAX_TRANSFER = 256 * 1024;

  private Path path;
  private FileChannel channel;
  private boolean closed;

  private BlockFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static BlockFile create(Path path) throws IOException {
    return new BlockFile(
        path,
        FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE_NEW));
  }

  static BlockFile open(Path path) throws IOException {
    return new BlockFile(path, openExisting(path));
  }

  private static FileChannel openExisting(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** May be done again after it has moved some bytes: it finds out itself where it goes on. */
  private interface Operation {
    long on(FileChannel channel) throws IOException;
  }

  synchronized Path path() {
    return path;
  }

  /** Gives the file another name, on the same file system and not taken yet. */
  synchronized void moveTo(Path next) throws IOException {
    Files.move(path, next, StandardCopyOption.ATOMIC_MOVE);
    path = next;
  }

  /** Reads until {@code target} is full or the file ends; returns how much that was. */
  int read(long position, ByteBuffer target) throws IOException {
    int start = target.position();
    int limit = target.limit();
    try {
      while (target.position() < limit) {
        target.limit(nextLimit(target, limit));
        if (perform(c -> c.read(target, position + (target.position() - start))) < 0) {
          break;
        }
      }
    } finally {
      target.limit(limit);
    }
    return target.position() - start;
  }

  /** Writes all that remains of {@code source}. */
  void write(long position, ByteBuffer source) throws IOException {
    int start = source.position();
    int limit = source.limit();
    try {
      while (source.position() < limit) {
        source.limit(nextLimit(source, limit));
        perform(c -> c.write(source, position + (source.position() - start)));
      }
    } finally {
      source.limit(limit);
    }
  }

  /**
   * Writes all that remains of {@code sources}, at once where it can: the larger a write is, the
   * less a byte of it costs. Only one thread at a time may write in this way.
   */
  void write(long position, List<ByteBuffer> sources) throws IOException {
    if (sources.size() == 1 || !sources.stream().allMatch(ByteBuffer::isDirect)) {
      long at = position;
      for (ByteBuffer source : sources) {
        int length = source.remaining();
        write(at, source);
        at += length;
      }
      return;
    }
    ByteBuffer[] gathered = sources.toArray(ByteBuffer[]::new);
    long end = position + remaining(gathered);
    while (remaining(gathered) > 0) {
      perform(c -> c.position(end - remaining(gathered)).write(gathered));
    }
  }

  private static long remaining(ByteBuffer[] buffers) {
    return Arrays.stream(buffers).mapToLong(ByteBuffer::remaining).sum();
  }

  private static int nextLimit(ByteBuffer buffer, int limit) {
    return buffer.isDirect() ? limit : Math.min(limit, buffer.position() + MAX_TRANSFER);
  }

  /** Returns when all that was written before is on stable storage. */
  void sync() throws IOException {
    perform(c -> {
      c.force(false);
      return 0;
    });
  }

  long size() throws IOException {
    return perform(FileChannel::size);
  }

  void truncate(long size) throws IOException {
    perform(c -> {
      c.truncate(size);
      return 0;
    });
  }

  synchronized void close() throws IOException {
    closed = true;
    channel.close();
  }

  private long perform(Operation operation) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        FileChannel current = current();
        try {
          return operation.on(current);
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
          reopen(current, e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized FileChannel current() {
    return channel;
  }

  private synchronized void reopen(FileChannel seen, ClosedChannelException why)
      throws IOException {
    if (closed) {
      throw why;
    }
    if (channel == seen) {
      channel = openExisting(path);
    }
  }
}
