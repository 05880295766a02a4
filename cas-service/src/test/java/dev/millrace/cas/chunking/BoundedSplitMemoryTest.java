package dev.millrace.cas.chunking;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import java.util.Collections;
import org.junit.jupiter.api.Test;

final class BoundedSplitMemoryTest {

  private static final InstanceName ONE = new InstanceName("one");
  private static final InstanceName TWO = new InstanceName("two");

  private final BoundedSplitMemory memory = new BoundedSplitMemory(100);
  private final Digest a = digest(1);
  private final Digest b = digest(2);
  private final Digest c = digest(3);

  @Test
  void splitsAreApartByInstanceBlobAndFunction() {
    memory.remember(ONE, a, split(ChunkingFunction.REP_MAX_CDC, 3));
    assertThat(memory.recall(ONE, a, ChunkingFunction.REP_MAX_CDC))
        .contains(split(ChunkingFunction.REP_MAX_CDC, 3));
    assertThat(memory.recall(TWO, a, ChunkingFunction.REP_MAX_CDC)).isEmpty();
    assertThat(memory.recall(ONE, b, ChunkingFunction.REP_MAX_CDC)).isEmpty();
    assertThat(memory.recall(ONE, a, ChunkingFunction.UNKNOWN)).isEmpty();
  }

  @Test
  void whatWasUsedLongestAgoIsForgottenFirst() {
    memory.remember(ONE, a, split(ChunkingFunction.UNKNOWN, 48));
    memory.remember(ONE, b, split(ChunkingFunction.UNKNOWN, 49));
    assertThat(memory.recall(ONE, a, ChunkingFunction.UNKNOWN)).isPresent();
    memory.remember(ONE, c, split(ChunkingFunction.UNKNOWN, 1));
    assertThat(memory.recall(ONE, a, ChunkingFunction.UNKNOWN)).isPresent();
    assertThat(memory.recall(ONE, b, ChunkingFunction.UNKNOWN)).isEmpty();
    assertThat(memory.recall(ONE, c, ChunkingFunction.UNKNOWN)).isPresent();
  }

  @Test
  void whatIsReplacedOrForgottenTakesNoRoom() {
    for (int i = 0; i < 10; i++) {
      memory.remember(ONE, a, split(ChunkingFunction.UNKNOWN, 40));
    }
    memory.remember(ONE, b, split(ChunkingFunction.UNKNOWN, 50));
    assertThat(memory.recall(ONE, a, ChunkingFunction.UNKNOWN)).isPresent();
    memory.forget(ONE, a, ChunkingFunction.UNKNOWN);
    memory.remember(ONE, c, split(ChunkingFunction.UNKNOWN, 48));
    assertThat(memory.recall(ONE, b, ChunkingFunction.UNKNOWN)).isPresent();
  }

  @Test
  void aSplitThatIsTooLargeIsNotRemembered() {
    memory.remember(ONE, a, split(ChunkingFunction.UNKNOWN, 10));
    memory.remember(ONE, b, split(ChunkingFunction.UNKNOWN, 100));
    assertThat(memory.recall(ONE, a, ChunkingFunction.UNKNOWN)).isPresent();
    assertThat(memory.recall(ONE, b, ChunkingFunction.UNKNOWN)).isEmpty();
  }

  private Split split(ChunkingFunction function, int chunks) {
    return new Split(function, Collections.nCopies(chunks, a));
  }

  private static Digest digest(int content) {
    return DigestFunction.SHA256.digestOf(new byte[] {(byte) content});
  }
}
