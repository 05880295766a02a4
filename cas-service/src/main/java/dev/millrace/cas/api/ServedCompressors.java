package dev.millrace.cas.api;

import dev.millrace.compression.CompressionFormat;
import dev.millrace.resourcename.Compressor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The compressors that this process can serve, the preferred one first. */
final class ServedCompressors {

  static final List<Compressor> ALL =
      Arrays.stream(Compressor.values())
          .filter(compressor -> compressor != Compressor.IDENTITY)
          .filter(compressor -> format(compressor).isAvailable())
          .toList();

  private ServedCompressors() {}

  /** The format of what a compressor makes, for one that is not the identity. */
  static CompressionFormat format(Compressor compressor) {
    return switch (compressor) {
      case ZSTD -> CompressionFormat.ZSTD;
      case DEFLATE -> CompressionFormat.DEFLATE;
      case BROTLI -> CompressionFormat.BROTLI;
      case IDENTITY -> throw new IllegalArgumentException("what is not compressed has no format");
    };
  }

  /** The preferred one of those that a caller can undo, by their numbers on the wire. */
  static Optional<Compressor> best(List<Integer> acceptable) {
    return ALL.stream().filter(compressor -> acceptable.contains(compressor.number())).findFirst();
  }
}
