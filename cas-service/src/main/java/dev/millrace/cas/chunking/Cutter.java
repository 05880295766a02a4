package dev.millrace.cas.chunking;

/** Finds the cuts of one blob, one after the other. Used by one thread at a time. */
interface Cutter {

  /**
   * The length of the chunk that begins at {@code from}, which is where the one before ended.
   *
   * @param to where the bytes at hand end: {@link Chunking#lookahead} bytes from {@code from} on or
   *     more, or else where the blob ends
   */
  int next(byte[] bytes, int from, int to);
}
