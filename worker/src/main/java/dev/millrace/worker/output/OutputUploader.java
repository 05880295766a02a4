package dev.millrace.worker.output;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.BlobWriter;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Stores the outputs that are not stored yet: small ones together, large ones as a stream. */
public final class OutputUploader {

  /** With what a message has around each blob, this stays below the usual 4 MiB. */
  private static final long MAX_BATCH_BYTES = 2_500_000;

  private static final int MAX_BATCH_BLOBS = 2_000;
  private static final long SMALL_BYTES = 1024 * 1024;
  private static final int BUFFER = 256 * 1024;

  private final BlobStore store;

  public OutputUploader(BlobStore store) {
    this.store = store;
  }

  /** Returns once all of them are stored, or fails with what the first one failed with. */
  public void upload(InstanceName instance, OutputFiles outputs) {
    Map<Digest, OutputContent> contents = outputs.contents();
    if (contents.isEmpty()) {
      return;
    }
    Map<Digest, ByteString> batch = new LinkedHashMap<>();
    long batchBytes = 0;
    for (Digest digest : store.findMissing(instance, contents.keySet())) {
      OutputContent content = contents.get(digest);
      if (content == null) {
        throw new Failure.Corrupt(
            "the store says that a blob is missing that it was not asked for: " + digest,
            /* cause= */ null);
      }
      if (digest.sizeBytes() > SMALL_BYTES) {
        stream(instance, digest, content);
        continue;
      }
      if (batchBytes + digest.sizeBytes() > MAX_BATCH_BYTES || batch.size() == MAX_BATCH_BLOBS) {
        write(instance, batch);
        batch.clear();
        batchBytes = 0;
      }
      batch.put(digest, read(content));
      batchBytes += digest.sizeBytes();
    }
    if (!batch.isEmpty()) {
      write(instance, batch);
    }
  }

  private void write(InstanceName instance, Map<Digest, ByteString> batch) {
    for (Failure failure : store.writeAll(instance, batch).values()) {
      throw failure;
    }
  }

  private static ByteString read(OutputContent content) {
    return switch (content) {
      case OutputContent.InMemory(ByteString bytes) -> bytes;
      case OutputContent.InFile(Path file) -> {
        try (SeekableByteChannel channel = open(file)) {
          ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), SMALL_BYTES));
          while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
          yield UnsafeByteOperations.unsafeWrap(bytes.flip());
        } catch (IOException e) {
          throw unreadable(file, e);
        }
      }
    };
  }

  private void stream(InstanceName instance, Digest digest, OutputContent content) {
    try (BlobWriter writer = store.create(instance, digest)) {
      switch (content) {
        case OutputContent.InMemory(ByteString bytes) ->
            bytes.asReadOnlyByteBufferList().forEach(writer::write);
        case OutputContent.InFile(Path file) -> copy(file, writer);
      }
      writer.commit();
    }
  }

  private static void copy(Path file, BlobWriter writer) {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    try (SeekableByteChannel channel = open(file)) {
      while (channel.read(buffer.clear()) >= 0) {
        writer.write(buffer.flip());
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static SeekableByteChannel open(Path file) throws IOException {
    return Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  private static Failure unreadable(Path file, IOException e) {
    return new Failure.Unavailable("cannot read output " + file.getFileName(), e);
  }
}
