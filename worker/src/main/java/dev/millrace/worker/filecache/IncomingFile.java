package dev.millrace.worker.filecache;

import dev.millrace.digest.Digest;
import dev.millrace.digest.Hasher;
import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file on its way into the cache, hashed as it is written. */
final class IncomingFile implements AutoCloseable {

  private final Digest digest;
  private final Path path;
  private final FileChannel channel;
  private final Hasher hasher;
  private long written;

  IncomingFile(Digest digest, Path path) {
    this.digest = digest;
    this.path = path;
    this.hasher = digest.function().newHasher(digest.sizeBytes());
    try {
      this.channel =
          FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  void write(ByteBuffer bytes) {
    hasher.update(bytes.duplicate());
    try {
      while (bytes.hasRemaining()) {
        written += channel.write(bytes);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Fails unless what was written is what the digest says. */
  void verify() {
    if (written != digest.sizeBytes() || !hasher.hash().equals(digest.hash())) {
      throw new Failure.Corrupt(
          "what was read as blob %s is something else, of %d bytes".formatted(digest, written),
          /* cause= */ null);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private Failure failed(IOException e) {
    return new Failure.Unavailable("cannot write " + path + " into the file cache", e);
  }
}
