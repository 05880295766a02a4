package dev.millrace.cas.upload;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import dev.millrace.testing.RandomBlobs;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GatheredBytesTest {

  private static final int MIB = 1024 * 1024;

  private final RandomBlobs random = RandomBlobs.seeded();

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_073, 262_145, 1_000_003, MIB, 3 * MIB})
  void piecesOfAnySizeMakeUpTheWhole(int size) {
    long seed = System.nanoTime();
    System.out.println("GatheredBytesTest seed " + seed);
    SplittableRandom choices = new SplittableRandom(seed);
    ByteString whole = random.next(size);
    GatheredBytes gathered = new GatheredBytes(size);
    for (int at = 0; at < size; ) {
      int to = Math.min(size, at + choices.nextInt(choices.nextBoolean() ? 100_000 : 3_000));
      ByteBuffer piece = ByteBuffer.allocateDirect(to - at);
      whole.substring(at, to).copyTo(piece);
      gathered.add(piece.flip());
      assertThat(piece.hasRemaining()).isFalse();
      piece.clear();
      while (piece.hasRemaining()) {
        piece.put((byte) 0);
      }
      at = to;
      assertThat(gathered.size()).isEqualTo(at);
    }
    assertThat(gathered.content()).isEqualTo(whole);
  }

  @Test
  void whatWasHandedOutStaysAsItWas() {
    ByteString whole = random.next(MIB);
    GatheredBytes gathered = new GatheredBytes(MIB);
    gathered.add(whole.substring(0, 100).asReadOnlyByteBuffer());
    ByteString before = gathered.content();
    gathered.add(whole.substring(100).asReadOnlyByteBuffer());
    assertThat(before).isEqualTo(whole.substring(0, 100));
    assertThat(gathered.content()).isEqualTo(whole);
  }

  @Test
  void whoSendsLittleGetsLittle() {
    assertThat(allocatedBy(1)).isLessThan(80_000);
    assertThat(allocatedBy(200_000)).isLessThan(300_000);
  }

  @Test
  void nothingIsCopiedAgainAsMoreArrives() {
    assertThat(allocatedBy(MIB)).isLessThan(MIB + 100_000);
  }

  /** The bytes that are allocated for so much of a MiB, in pieces as they come from a network. */
  private static long allocatedBy(int sent) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ByteBuffer piece = ByteBuffer.allocateDirect(16 * 1024);
    gather(piece, MIB); // so that no class is loaded while it is measured
    long before = threads.getCurrentThreadAllocatedBytes();
    int gathered = gather(piece, sent).size();
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(gathered).isEqualTo(sent);
    return allocated;
  }

  private static ByteString gather(ByteBuffer piece, int sent) {
    GatheredBytes gathered = new GatheredBytes(MIB);
    while (gathered.size() < sent) {
      gathered.add(piece.clear().limit(Math.min(piece.capacity(), sent - gathered.size())));
    }
    return gathered.content();
  }
}
