package dev.millrace.cas.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.testing.RandomBlobs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes of many parts, which the system takes some of at a time. */
final class BlockFileTest {

  /** More than go into one call of the system. */
  private static final int PARTS = 5_000;

  private static final int PART_BYTES = 1_000;
  private static final int ROUNDS = 25;

  private final RandomBlobs random = RandomBlobs.seeded();
  @TempDir Path directory;

  @Test
  void morePartsAreWrittenThanTheSystemTakesAtOnce() throws IOException {
    ByteString content = random.next(PARTS * PART_BYTES);
    BlockFile file = BlockFile.create(directory.resolve("block"));
    file.write(7, parts(content));
    assertThat(read(file, 7, content.size())).isEqualTo(content);
    assertThat(file.size()).isEqualTo(7 + content.size());
    file.close();
  }

  @Test
  void partsStayInOrderHoweverOftenTheirWriterIsInterrupted() throws Exception {
    ByteString content = random.next(PARTS * PART_BYTES);
    BlockFile file = BlockFile.create(directory.resolve("block"));
    AtomicBoolean over = new AtomicBoolean();
    Thread writer = Thread.currentThread();
    Thread interrupter =
        Thread.ofPlatform()
            .start(() -> {
              while (!over.get()) {
                writer.interrupt();
                Thread.onSpinWait();
              }
            });
    boolean ordered = true;
    try {
      for (int round = 0; round < ROUNDS && ordered; round++) {
        file.write(0, parts(content));
        ordered = read(file, 0, content.size()).equals(content);
      }
    } finally {
      over.set(true);
      while (interrupter.isAlive()) {
        boolean unused = Thread.interrupted();
        Thread.onSpinWait();
      }
      boolean unused = Thread.interrupted();
    }
    assertThat(ordered).isTrue();
    file.close();
  }

  private static List<ByteBuffer> parts(ByteString content) {
    List<ByteBuffer> parts = new ArrayList<>();
    ByteBuffer whole =
        ByteBuffer.allocateDirect(content.size()).put(content.asReadOnlyByteBuffer()).flip();
    for (int at = 0; at < content.size(); at += PART_BYTES) {
      parts.add(whole.slice(at, PART_BYTES).asReadOnlyBuffer());
    }
    return parts;
  }

  private static ByteString read(BlockFile file, long position, int length) throws IOException {
    ByteBuffer target = ByteBuffer.allocateDirect(length);
    assertThat(file.read(position, target)).isEqualTo(length);
    return ByteString.copyFrom(target.flip());
  }
}
