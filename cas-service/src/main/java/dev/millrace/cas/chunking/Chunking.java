package dev.millrace.cas.chunking;

/**
 * A chunking function together with its parameters. Whoever has the same ones finds the same cuts.
 */
public sealed interface Chunking permits FastCdc2020, RepMaxCdc {

  ChunkingFunction function();

  /** Size of the largest chunk. */
  int maxChunkBytes();

  /** The most bytes that have to be at hand to find the next cut. */
  int lookahead();

  /** A cutter for one blob. */
  Cutter newCutter();
}
