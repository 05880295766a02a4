package dev.millrace.cas.api;

import com.google.bytestream.ReadResponse;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.cas.upload.BlobUpload;
import dev.millrace.cas.upload.ResumableUploads;
import dev.millrace.compression.CompressionFormat;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.grpc.bytestream.ByteStreamHandler;
import dev.millrace.grpc.bytestream.ByteStreamWrite;
import dev.millrace.grpc.bytestream.ReadRange;
import dev.millrace.grpc.bytestream.WriteStatus;
import dev.millrace.grpc.outgoing.OutgoingChunk;
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

  /** What is read at once to be compressed. */
  private static final int CHUNK_BYTES = 128 * 1024;

  /** What is read at once to be sent as one message. */
  private static final int SENT_BYTES = 256 * 1024;

  /**
   * Blobs up to this size are there at once where they are there at all; one message holds them.
   */
  private static final int SHORT_BYTES = 64 * 1024;

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
  public boolean isShort(ResourceName name, ReadRange range) {
    return name instanceof ResourceName.Blob blob
        && blob.compressor() == Compressor.IDENTITY
        && blob.digest().sizeBytes() <= SHORT_BYTES;
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
        sendCompressed(ServedCompressors.format(blob.compressor()), reader, range, out);
      } else {
        send(reader, range, out);
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
    return compressed
        ? compressedWrite(upload, opened, stored)
        : new BlobWrite(opened, stored, upload);
  }

  private CompressedWrite compressedWrite(
      ResourceName.Upload name, BlobUpload upload, BooleanSupplier stored) {
    try {
      return new CompressedWrite(
          upload, stored, codecs, ServedCompressors.format(name.compressor()));
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
    if (compressor != Compressor.IDENTITY && !ServedCompressors.ALL.contains(compressor)) {
      throw new InvalidRequest(
          "resource_name",
          compressor.segment() + " is not served; use a compressor that Capabilities lists");
    }
    functions.check(digest, "resource_name");
  }

  private boolean isStored(InstanceName instance, Digest digest) {
    return store.findMissing(instance, Set.of(digest)).isEmpty();
  }

  private void sendCompressed(
      CompressionFormat format,
      BlobReader reader,
      ReadRange range,
      ServerStream<ReadResponse> out) {
    try (CodecSlots.Slot compressor =
        codecs.compressor(format, piece -> out.send(message(piece)))) {
      forEachChunk(reader, range, compressor::write);
      compressor.finish();
    }
  }

  private static void send(BlobReader reader, ReadRange range, ServerStream<ReadResponse> out) {
    long end = range.end(reader.digest().sizeBytes());
    for (long position = range.offset(); position < end; ) {
      int length = (int) Math.min(SENT_BYTES, end - position);
      out.awaitReady();
      if (length < OutgoingChunk.LEAST_BYTES) {
        ByteBuffer data = ByteBuffer.allocate(length);
        fill(data, reader, position);
        out.send(message(data.flip()));
      } else {
        try (OutgoingChunk chunk = OutgoingChunk.allocate(length)) {
          fill(chunk.data(), reader, position);
          chunk.send(out::send);
        }
      }
      position += length;
    }
  }

  private static void forEachChunk(
      BlobReader reader, ReadRange range, Consumer<ByteBuffer> consumer) {
    long end = range.end(reader.digest().sizeBytes());
    for (long position = range.offset(); position < end; ) {
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, end - position));
      fill(chunk, reader, position);
      position += chunk.capacity();
      consumer.accept(chunk.flip());
    }
  }

  private static void fill(ByteBuffer target, BlobReader reader, long position) {
    int read = reader.read(position, target);
    if (target.hasRemaining()) {
      throw new Failure.Corrupt(
          "blob %s ended after %d bytes".formatted(reader.digest(), position + read),
          /* cause= */ null);
    }
  }

  private static ReadResponse message(ByteBuffer chunk) {
    return ReadResponse.newBuilder().setData(UnsafeByteOperations.unsafeWrap(chunk)).build();
  }
}
