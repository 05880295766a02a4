package dev.millrace.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Blake3Test {

  private static final String EMPTY =
      "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

  @Test
  void thePortableImplementationIsThere() {
    assertThat(new PortableBlake3Hasher().hash()).isEqualTo(EMPTY);
  }

  @Test
  void oneImplementationIsUsedAndNamed() {
    assertThat(Blake3.newHasher().hash()).isEqualTo(EMPTY);
    assertThat(Blake3.newHasher())
        .isInstanceOf(
            Blake3Library.loaded().isPresent()
                ? NativeBlake3Hasher.class
                : PortableBlake3Hasher.class);
    assertThat(Blake3.implementation()).contains("libblake3");
  }

  @Test
  void theLibraryHashesAsThePortableImplementationHoweverTheBytesCome() {
    assumeThat(Blake3Library.loaded()).as("libblake3 on this machine").isPresent();
    Blake3Library library = Blake3Library.loaded().orElseThrow();
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 200; round++) {
      byte[] bytes = new byte[random.nextInt(400_000)];
      random.nextBytes(bytes);
      Hasher portable = new PortableBlake3Hasher();
      portable.update(bytes, 0, bytes.length);
      Hasher fast = new NativeBlake3Hasher(library);
      for (int at = 0; at < bytes.length; ) {
        int length = Math.min(bytes.length - at, 1 + random.nextInt(200_000));
        switch (random.nextInt(3)) {
          case 0 -> fast.update(bytes, at, length);
          case 1 -> {
            ByteBuffer heap = ByteBuffer.wrap(bytes, at, length).asReadOnlyBuffer();
            fast.update(heap);
            assertThat(heap.hasRemaining()).isFalse();
          }
          default -> fast.update(ByteBuffer.allocateDirect(length).put(bytes, at, length).flip());
        }
        at += length;
      }
      assertThat(fast.hash()).isEqualTo(portable.hash());
    }
  }
}
