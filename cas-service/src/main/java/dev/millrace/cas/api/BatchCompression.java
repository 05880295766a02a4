package dev.millrace.cas.api;

import com.google.protobuf.ByteString;
import dev.millrace.compression.CompressionFormat;
import dev.millrace.compression.MalformedDataException;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.ContentMismatch;
import dev.millrace.failure.Failure.InvalidRequest;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Compressed items of batches, whose content fits into memory whole. */
final class BatchCompression {

  /** Below this, a frame's own bytes eat up what compression saves. */
  private static final int WORTHWHILE_BYTES = 256;

  private final CodecSlots codecs;

  BatchCompression(CodecSlots codecs) {
    this.codecs = codecs;
  }

  /**
   * The content of compressed data; never more than the digest's size is held.
   *
   * @throws InvalidRequest if {@code data} is not one complete stream of the format
   */
  ByteString decompress(CompressionFormat format, Digest digest, ByteString data, String field) {
    ByteString.Output content = ByteString.newOutput();
    try (CodecSlots.Slot codec =
        codecs.decompressor(
            format,
            piece -> {
              if (piece.remaining() > digest.sizeBytes() - content.size()) {
                throw new ContentMismatch(digest, "what was sent yields more bytes than that");
              }
              content.write(piece.array(), piece.arrayOffset(), piece.remaining());
            })) {
      for (ByteBuffer part : data.asReadOnlyByteBufferList()) {
        codec.write(part);
      }
      codec.finish();
    } catch (MalformedDataException e) {
      throw new InvalidRequest(field, String.valueOf(e.getMessage()));
    }
    return content.toByteString();
  }

  /** The data compressed, if that makes it smaller. */
  Optional<ByteString> compress(CompressionFormat format, ByteString data) {
    if (data.size() < WORTHWHILE_BYTES) {
      return Optional.empty();
    }
    ByteString.Output compressed = ByteString.newOutput();
    try (CodecSlots.Slot codec =
        codecs.compressor(
            format,
            piece -> compressed.write(piece.array(), piece.arrayOffset(), piece.remaining()))) {
      for (ByteBuffer part : data.asReadOnlyByteBufferList()) {
        codec.write(part);
      }
      codec.finish();
    }
    return Optional.of(compressed.toByteString()).filter(c -> c.size() < data.size());
  }
}
