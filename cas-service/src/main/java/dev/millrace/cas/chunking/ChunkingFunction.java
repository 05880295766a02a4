package dev.millrace.cas.chunking;

import java.util.Arrays;
import java.util.Optional;

/** How a blob is cut; numbers as in the API's {@code ChunkingFunction.Value}. */
public enum ChunkingFunction {
  /** Not stated by who cut it. */
  UNKNOWN(0),
  FAST_CDC_2020(1),
  REP_MAX_CDC(2);

  private final int number;

  ChunkingFunction(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  public static Optional<ChunkingFunction> ofNumber(int number) {
    return Arrays.stream(values()).filter(f -> f.number == number).findFirst();
  }
}
