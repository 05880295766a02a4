package dev.millrace.cas.chunking;

import java.util.List;

/** The functions that blobs are cut with here, each with its parameters. */
public record Chunkings(FastCdc2020 fastCdc2020, RepMaxCdc repMaxCdc) {

  /** What clients use of their own accord, so that their chunks and ours are the same ones. */
  public static final Chunkings DEFAULT =
      new Chunkings(new FastCdc2020(512 * 1024, 0), new RepMaxCdc(256 * 1024, 8 * 256 * 1024));

  /** The one to cut with. */
  Chunking choose(ChunkingFunction wanted) {
    return switch (wanted) {
      case UNKNOWN, FAST_CDC_2020 -> fastCdc2020;
      case REP_MAX_CDC -> repMaxCdc;
    };
  }

  /** Which of the splits that are remembered serve a wish, the best first. */
  List<ChunkingFunction> acceptable(ChunkingFunction wanted) {
    return switch (wanted) {
      case UNKNOWN ->
          List.of(
              ChunkingFunction.FAST_CDC_2020,
              ChunkingFunction.REP_MAX_CDC,
              ChunkingFunction.UNKNOWN);
      case FAST_CDC_2020, REP_MAX_CDC -> List.of(wanted);
    };
  }
}
