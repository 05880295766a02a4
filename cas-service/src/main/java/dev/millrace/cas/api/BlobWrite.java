package dev.millrace.cas.api;

import dev.millrace.cas.upload.BlobUpload;
import dev.millrace.grpc.bytestream.ByteStreamWrite;
import dev.millrace.resourcename.ResourceName;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** A write of a blob as it is. Looks now and then whether somebody else has brought the blob. */
final class BlobWrite implements ByteStreamWrite {

  private static final long LOOK_EVERY_BYTES = 4 * 1024 * 1024;

  private final BlobUpload upload;
  private final BooleanSupplier stored;
  private final long size;
  private long lookAt;

  /**
   * @param stored tells whether the blob is stored, which it was not just now
   */
  BlobWrite(BlobUpload upload, BooleanSupplier stored, ResourceName.Upload name) {
    this.upload = upload;
    this.stored = stored;
    this.size = name.digest().sizeBytes();
    this.lookAt = upload.written() + LOOK_EVERY_BYTES;
  }

  @Override
  public long position() {
    return upload.written();
  }

  @Override
  public OptionalLong settled() {
    if (position() < lookAt) {
      return OptionalLong.empty();
    }
    lookAt = position() + LOOK_EVERY_BYTES;
    return stored.getAsBoolean() ? OptionalLong.of(size) : OptionalLong.empty();
  }

  @Override
  public void append(List<ByteBuffer> data) {
    upload.append(data);
  }

  @Override
  public long finish() {
    upload.finish();
    return size;
  }

  @Override
  public long suspend() {
    upload.suspend();
    return position();
  }

  @Override
  public void close() {
    upload.close();
  }
}
