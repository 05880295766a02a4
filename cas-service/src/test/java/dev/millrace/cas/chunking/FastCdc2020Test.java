package dev.millrace.cas.chunking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.digest.DigestFunction;
import dev.millrace.testing.RandomBlobs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FastCdc2020Test {

  private final RandomBlobs random = RandomBlobs.seeded();

  @ParameterizedTest
  @ValueSource(longs = {0, 666})
  void cutsAreThoseOfThePublishedVectors(long seed) throws IOException {
    ByteString input = ByteString.copyFrom(resource("fastcdc2020_vector_input.jpg"));
    List<String> cuts = new ArrayList<>();
    long offset = 0;
    for (ByteString chunk : Chunks.of(new FastCdc2020(16384, seed), input)) {
      String hash = DigestFunction.SHA256.digestOf(chunk.toByteArray()).hash();
      cuts.add(offset + "\t" + chunk.size() + "\t" + hash);
      offset += chunk.size();
    }
    assertThat(cuts).isEqualTo(vectors(seed)).hasSize(6);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 256, 257, 1023, 1024, 4096, 4097, 50_001, 1_000_000})
  void chunksMakeUpTheBlobAndKeepToTheirBounds(int size) {
    FastCdc2020 chunking = new FastCdc2020(1024, 0);
    for (ByteString content : List.of(random.next(size), ByteString.copyFrom(new byte[size]))) {
      List<ByteString> chunks = Chunks.of(chunking, content);
      assertThat(Chunks.join(chunks)).isEqualTo(content);
      assertThat(chunks.stream().skip(1).limit(Math.max(0, chunks.size() - 2)))
          .allSatisfy(chunk -> assertThat(chunk.size()).isBetween(256, 4096));
    }
  }

  @Test
  void chunksHaveAboutTheSizeThatIsAimedAt() {
    ByteString content = random.next(20_000_000);
    for (int average : new int[] {1024, 3000, 65_536, 512 * 1024}) {
      int chunks = Chunks.of(new FastCdc2020(average, 0), content).size();
      assertThat(content.size() / chunks).isBetween(average / 2, average * 2);
    }
  }

  @Test
  void anEditChangesFewChunks() {
    ByteString content = random.next(2_000_000);
    ByteString edited =
        content.substring(0, 1_000_000).concat(random.next(3)).concat(content.substring(1_000_000));
    List<ByteString> before = Chunks.of(new FastCdc2020(8192, 0), content);
    List<ByteString> after = new ArrayList<>(Chunks.of(new FastCdc2020(8192, 0), edited));
    after.removeAll(before);
    assertThat(after).hasSizeLessThan(before.size() / 20);
  }

  @Test
  void parametersOutOfRangeAreRefused() {
    for (int average : new int[] {-1, 0, 1023, 1024 * 1024 + 1}) {
      assertThatThrownBy(() -> new FastCdc2020(average, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new FastCdc2020(1024, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The lines for a seed, without the last column, which is an inner state. */
  private static List<String> vectors(long seed) throws IOException {
    String all = new String(resource("fastcdc2020_vectors.txt"), StandardCharsets.UTF_8);
    return all.lines()
        .dropWhile(line -> !line.equals("seed " + seed))
        .skip(1)
        .takeWhile(line -> !line.startsWith("seed"))
        .map(line -> line.substring(0, line.lastIndexOf('\t')))
        .toList();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = FastCdc2020Test.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }
}
