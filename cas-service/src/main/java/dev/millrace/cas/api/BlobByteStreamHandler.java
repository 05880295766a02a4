package dev.millrace.cas.api;

import com.google.bytestream.ReadResponse;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.cas.upload.BlobUpload;
import dev.millrace.cas.upload.ResumableUploads;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.grpc.bytestream.ByteStreamHandler;
import dev.millrace.grpc.bytestream.ByteStreamWrite;
import dev.millrace.grpc.bytestream.ReadRange;
import dev.millrace.grpc.bytestream.WriteStatus;
import dev.millrace.grpc.request.DigestFunctionPolicy;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Blobs behind ByteStream. */
public final class BlobByteStreamHandler implements ByteStreamHandler {

  private static final int CHUNK_BYTES = 128 * 1024;

  private final DigestFunctionPolicy functions;
  private final BlobStore store;
  private final ResumableUploads uploads;
  private final CodecSlots codecs;

  public BlobByteStreamHandler(
      DigestFunctionPolicy functions,
      BlobStore store,
      ResumableUploads uploads,
      CodecSlots codecs) {
    this.functions = functions;
    this.store = store;
    this.uploads = uploads;
    this.codecs = codecs;
  }

  @Override
  public boolean handles(ResourceName name) {
    return switch (name) {
      case ResourceName.Blob blob -> true;
      case ResourceName.Upload upload -> true;
      case ResourceName.Log log -> false;
    };
  }

  @Override
  public void read(ResourceName name, ReadRange range, ServerStream<ReadResponse> out) {
    if (!(name instanceof ResourceName.Blob blob)) {
      throw new InvalidRequest("resource_name", "'" + name + "' is for writing only");
    }
    check(blob.compressor(), blob.digest());
    boolean compressed = blob.compressor() != Compressor.IDENTITY;
    if (compressed && range.limit() != 0) {
      throw new InvalidRequest("read_limit", "is not possible with compression");
    }
    try (BlobReader reader = store.open(blob.instance(), blob.digest())) {
      if (compressed) {
        sendCompressed(reader, range, out);
      } else {
        forEachChunk(reader, range, chunk -> out.send(message(chunk)));
      }
    }
  }

  @Override
  public ByteStreamWrite write(ResourceName name, long offset) {
    ResourceName.Upload upload = upload(name);
    boolean compressed = upload.compressor() != Compressor.IDENTITY;
    BooleanSupplier stored = () -> isStored(upload.instance(), upload.digest());
    if (stored.getAsBoolean()) {
      uploads.discardSuspended(upload, offset);
      return new NeedlessWrite(compressed ? CompressedWrite.COMPLETE : upload.digest().sizeBytes());
    }
    BlobUpload opened = uploads.open(upload, offset);
    return compressed ? compressedWrite(opened, stored) : new BlobWrite(opened, stored, upload);
  }

  private CompressedWrite compressedWrite(BlobUpload upload, BooleanSupplier stored) {
    try {
      return new CompressedWrite(upload, stored, codecs);
    } catch (RuntimeException | Error noCodec) {
      upload.close();
      throw noCodec;
    }
  }

  @Override
  public WriteStatus queryWriteStatus(ResourceName name) {
    ResourceName.Upload upload = upload(name);
    if (isStored(upload.instance(), upload.digest())) {
      return new WriteStatus(upload.digest().sizeBytes(), /* complete= */ true);
    }
    OptionalLong written = uploads.written(upload);
    if (written.isEmpty()) {
      throw new Failure.NotFound("nothing is known of the upload '" + name + "'");
    }
    return new WriteStatus(
        upload.compressor() == Compressor.IDENTITY ? written.getAsLong() : 0,
        /* complete= */ false);
  }

  private ResourceName.Upload upload(ResourceName name) {
    if (!(name instanceof ResourceName.Upload upload)) {
      throw new InvalidRequest(
          "resource_name", "'" + name + "' is for reading only; write to uploads/{uuid}/...");
    }
    check(upload.compressor(), upload.digest());
    return upload;
  }

  private void check(Compressor compressor, Digest digest) {
    if (compressor != Compressor.IDENTITY && compressor != Compressor.ZSTD) {
      throw new InvalidRequest(
          "resource_name",
          compressor.segment() + " is not served; use a compressor that Capabilities lists");
    }
    functions.check(digest, "resource_name");
  }

  private boolean isStored(InstanceName instance, Digest digest) {
    return store.findMissing(instance, Set.of(digest)).isEmpty();
  }

  private void sendCompressed(BlobReader reader, ReadRange range, ServerStream<ReadResponse> out) {
    try (CodecSlots.Slot compressor = codecs.compressor(piece -> out.send(message(piece)))) {
      forEachChunk(reader, range, compressor::write);
      compressor.finish();
    }
  }

  private static void forEachChunk(
      BlobReader reader, ReadRange range, Consumer<ByteBuffer> consumer) {
    long end = range.end(reader.digest().sizeBytes());
    for (long position = range.offset(); position < end; ) {
      // A chunk may belong to a message from here on, so that it cannot be filled again.
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, end - position));
      int read = reader.read(position, chunk);
      if (chunk.hasRemaining()) {
        throw new Failure.Corrupt(
            "blob %s ended after %d bytes".formatted(reader.digest(), position + read),
            /* cause= */ null);
      }
      consumer.accept(chunk.flip());
      position += read;
    }
  }

  private static ReadResponse message(ByteBuffer chunk) {
    return ReadResponse.newBuilder().setData(UnsafeByteOperations.unsafeWrap(chunk)).build();
  }
}
