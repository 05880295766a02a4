package dev.millrace.cas.api;

import com.google.bytestream.ReadResponse;
import com.google.protobuf.UnsafeByteOperations;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.BlobStore;
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

/** Blobs behind ByteStream. */
public final class BlobByteStreamHandler implements ByteStreamHandler {

  private static final int CHUNK_BYTES = 128 * 1024;

  private final DigestFunctionPolicy functions;
  private final BlobStore store;
  private final ResumableUploads uploads;

  public BlobByteStreamHandler(
      DigestFunctionPolicy functions, BlobStore store, ResumableUploads uploads) {
    this.functions = functions;
    this.store = store;
    this.uploads = uploads;
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
    try (BlobReader reader = store.open(blob.instance(), blob.digest())) {
      send(reader, range, out);
    }
  }

  @Override
  public ByteStreamWrite write(ResourceName name, long offset) {
    ResourceName.Upload upload = upload(name);
    if (isStored(upload.instance(), upload.digest())) {
      uploads.discardSuspended(upload);
      return new NeedlessWrite(upload.digest().sizeBytes());
    }
    return new BlobWrite(
        uploads.open(upload, offset), () -> isStored(upload.instance(), upload.digest()), upload);
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
    return new WriteStatus(written.getAsLong(), /* complete= */ false);
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
    if (compressor != Compressor.IDENTITY) {
      throw new InvalidRequest(
          "resource_name",
          compressor.segment() + " is not served; use a compressor that Capabilities lists");
    }
    functions.check(digest, "resource_name");
  }

  private boolean isStored(InstanceName instance, Digest digest) {
    return store.findMissing(instance, Set.of(digest)).isEmpty();
  }

  private static void send(BlobReader reader, ReadRange range, ServerStream<ReadResponse> out) {
    long end = range.end(reader.digest().sizeBytes());
    for (long position = range.offset(); position < end; ) {
      // A chunk belongs to its message from here on, so that it cannot be filled again.
      byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, end - position)];
      int read = reader.read(position, ByteBuffer.wrap(chunk));
      if (read < chunk.length) {
        throw new Failure.Corrupt(
            "blob %s ended after %d bytes".formatted(reader.digest(), position + read),
            /* cause= */ null);
      }
      out.send(ReadResponse.newBuilder().setData(UnsafeByteOperations.unsafeWrap(chunk)).build());
      position += read;
    }
  }
}
