package dev.millrace.compression;

import java.nio.ByteBuffer;

/**
 * Turns one stream of bytes into another, piece by piece, and passes on what it has by pieces of
 * bounded size. Used by one thread at a time; must be closed.
 */
public sealed interface Codec extends AutoCloseable
    permits ZstdCompressor,
        ZstdDecompressor,
        DeflateCompressor,
        DeflateDecompressor,
        BrotliCompressor,
        BrotliDecompressor {

  /** Where the result goes. What a piece's buffer holds is the sink's, to keep if it likes. */
  interface Sink {
    void take(ByteBuffer piece);
  }

  /**
   * Takes all remaining bytes.
   *
   * @throws MalformedDataException if they cannot be part of such a stream
   */
  void write(ByteBuffer bytes);

  /**
   * Passes on what is left; nothing follows.
   *
   * @throws MalformedDataException if the stream is not complete
   */
  void finish();

  @Override
  void close();
}
