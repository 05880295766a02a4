package dev.millrace.cas.chunking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.testing.RandomBlobs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RepMaxCdcTest {

  private static final int LEAST = 1024;

  private final RandomBlobs random = RandomBlobs.seeded();

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1023, 2048, 8192, 20_000})
  void cutsAreThoseOfTheDefinition(int horizon) {
    RepMaxCdc chunking = new RepMaxCdc(LEAST, horizon);
    for (ByteString content : contents(200_000)) {
      assertThat(sizes(Chunks.of(chunking, content)))
          .isEqualTo(sizesByDefinition(content.toByteArray(), LEAST, horizon));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1023, 1024, 2047, 2048, 3071, 3072, 100_001, 1_000_000})
  void chunksMakeUpTheBlobAndKeepToTheirBounds(int size) {
    RepMaxCdc chunking = new RepMaxCdc(LEAST, 8 * LEAST);
    for (ByteString content : contents(size)) {
      List<ByteString> chunks = Chunks.of(chunking, content);
      assertThat(Chunks.join(chunks)).isEqualTo(content);
      if (size >= LEAST) {
        assertThat(chunks)
            .allSatisfy(chunk -> assertThat(chunk.size()).isBetween(LEAST, 2 * LEAST - 1));
      } else {
        assertThat(chunks).hasSizeLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void withoutAHorizonAllChunksAreOfTheLeastSize() {
    assertThat(sizes(Chunks.of(new RepMaxCdc(LEAST, 0), random.next(10 * LEAST + 5))))
        .containsExactly(1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024, 1029);
  }

  @Test
  void anEditChangesFewChunks() {
    RepMaxCdc chunking = new RepMaxCdc(4096, 8 * 4096);
    ByteString content = random.next(2_000_000);
    ByteString edited =
        content.substring(0, 1_000_000).concat(random.next(3)).concat(content.substring(1_000_003));
    ByteString shifted = random.next(7).concat(content);
    List<ByteString> before = Chunks.of(chunking, content);
    for (ByteString other : List.of(edited, shifted)) {
      List<ByteString> after = new ArrayList<>(Chunks.of(chunking, other));
      after.removeAll(before);
      assertThat(after).hasSizeLessThan(before.size() / 20);
    }
  }

  @Test
  void parametersOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new RepMaxCdc(1023, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RepMaxCdc(16 * 1024 * 1024 + 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RepMaxCdc(1024, -1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RepMaxCdc(1024, 128 * 1024 * 1024 + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Random content, content without any peaks, and content that repeats itself. */
  private List<ByteString> contents(int size) {
    byte[] repeated = random.next(size).toByteArray();
    for (int i = 3000; i < size; i++) {
      repeated[i] = repeated[i - 3000];
    }
    byte[] slow = new byte[size];
    for (int i = 0; i < size; i++) {
      slow[i] = (byte) (i / 777);
    }
    return List.of(
        random.next(size),
        ByteString.copyFrom(new byte[size]),
        ByteString.copyFrom(repeated),
        ByteString.copyFrom(slow));
  }

  private static List<Integer> sizes(List<ByteString> chunks) {
    return chunks.stream().map(ByteString::size).toList();
  }

  /** As the function is defined: the best place of the horizon, then the best before it, ... */
  private static List<Integer> sizesByDefinition(byte[] content, int least, int horizon) {
    List<Integer> sizes = new ArrayList<>();
    int start = 0;
    while (content.length - start >= 2 * least) {
      int limit = Math.min(content.length - least, start + least + horizon);
      int best = best(content, start + least, limit);
      while (best - start >= 2 * least) {
        best = best(content, start + least, best - least);
      }
      sizes.add(best - start);
      start = best;
    }
    if (start < content.length) {
      sizes.add(content.length - start);
    }
    return sizes;
  }

  private static int best(byte[] content, int first, int last) {
    int best = first;
    long hash = hash(content, first);
    long highest = hash;
    long[] gear = GearTable.seeded(0);
    for (int at = first + 1; at <= last; at++) {
      hash = (hash << 1) + gear[content[at - 1] & 0xff];
      if (Long.compareUnsigned(hash, highest) > 0) {
        highest = hash;
        best = at;
      }
    }
    return best;
  }

  /** The hash of the window that ends at a place. */
  private static long hash(byte[] content, int place) {
    long[] gear = GearTable.seeded(0);
    long hash = 0;
    for (byte b : Arrays.copyOfRange(content, place - 64, place)) {
      hash = (hash << 1) + gear[b & 0xff];
    }
    return hash;
  }
}
