package dev.millrace.cas.api;

import dev.millrace.cas.upload.BlobUpload;
import dev.millrace.compression.CompressionFormat;
import dev.millrace.compression.MalformedDataException;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.grpc.bytestream.ByteStreamWrite;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * A write of a blob that comes compressed. Offsets count compressed bytes. What yields more than
 * the blob's size is cut off by the upload at that point. An interrupted one starts over, since a
 * decompressor's state cannot be kept.
 */
final class CompressedWrite implements ByteStreamWrite {

  /** Stands for the full size of a compressed blob that somebody else has stored. */
  static final long COMPLETE = -1;

  private static final long LOOK_EVERY_BYTES = 4 * 1024 * 1024;

  private final BlobUpload upload;
  private final BooleanSupplier stored;
  private final CodecSlots.Slot decompressor;
  private long position;
  private long lookAt = LOOK_EVERY_BYTES;

  CompressedWrite(
      BlobUpload upload, BooleanSupplier stored, CodecSlots slots, CompressionFormat format) {
    this.upload = upload;
    this.stored = stored;
    this.decompressor = slots.decompressor(format, piece -> upload.append(List.of(piece)));
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public OptionalLong settled() {
    if (position < lookAt) {
      return OptionalLong.empty();
    }
    lookAt = position + LOOK_EVERY_BYTES;
    return stored.getAsBoolean() ? OptionalLong.of(COMPLETE) : OptionalLong.empty();
  }

  @Override
  public void append(List<ByteBuffer> data) {
    try {
      for (ByteBuffer part : data) {
        int length = part.remaining();
        decompressor.write(part);
        position += length;
      }
    } catch (MalformedDataException e) {
      throw new InvalidRequest("data", String.valueOf(e.getMessage()));
    }
  }

  @Override
  public long finish() {
    try {
      decompressor.finish();
    } catch (MalformedDataException e) {
      throw new InvalidRequest("data", String.valueOf(e.getMessage()));
    }
    upload.finish();
    return position;
  }

  @Override
  public long suspend() {
    upload.suspendAtStart();
    return 0;
  }

  @Override
  public void close() {
    try (decompressor) {
      upload.close();
    }
  }
}
