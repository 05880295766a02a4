package dev.millrace.testing;

import com.google.protobuf.ByteString;
import java.util.SplittableRandom;

/** Content for tests: reproducible from a seed that is printed. */
public final class RandomBlobs {

  private final SplittableRandom random;

  public RandomBlobs(long seed) {
    System.out.println("RandomBlobs seed " + seed);
    random = new SplittableRandom(seed);
  }

  /** A source whose seed differs from run to run. */
  public static RandomBlobs seeded() {
    return new RandomBlobs(System.nanoTime());
  }

  public ByteString next(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }
}
