package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.BatchUpdateBlobsRequest;
import com.google.bytestream.WriteRequest;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Requests that carry content, written by hand around slices of it. */
final class Messages {

  private Messages() {}

  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  /** One message of a Write. */
  static Payload write(String resource, Blob blob, int offset, int length, boolean last) {
    List<Slice> parts = new ArrayList<>(3);
    parts.add(
        bytes(out -> {
          out.writeString(WriteRequest.RESOURCE_NAME_FIELD_NUMBER, resource);
          out.writeInt64(WriteRequest.WRITE_OFFSET_FIELD_NUMBER, offset);
          out.writeBool(WriteRequest.FINISH_WRITE_FIELD_NUMBER, last);
          out.writeTag(WriteRequest.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
          out.writeUInt32NoTag(length);
        }));
    parts.addAll(blob.slices(offset, length));
    return new Payload(parts);
  }

  static Payload batchUpdate(String instance, List<Blob> blobs) {
    List<Slice> parts = new ArrayList<>(3 * blobs.size() + 1);
    parts.add(
        bytes(
            out -> out.writeString(BatchUpdateBlobsRequest.INSTANCE_NAME_FIELD_NUMBER, instance)));
    for (Blob blob : blobs) {
      Slice head =
          bytes(out -> {
            out.writeMessage(BatchUpdateBlobsRequest.Request.DIGEST_FIELD_NUMBER, blob.digest());
            out.writeTag(
                BatchUpdateBlobsRequest.Request.DATA_FIELD_NUMBER,
                WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(blob.size());
          });
      parts.add(
          bytes(out -> {
            out.writeTag(
                BatchUpdateBlobsRequest.REQUESTS_FIELD_NUMBER,
                WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(head.length() + blob.size());
          }));
      parts.add(head);
      parts.addAll(blob.slices(0, blob.size()));
    }
    return new Payload(parts);
  }

  private static Slice bytes(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(160);
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes, 160);
      fields.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Slice.of(bytes.toByteArray());
  }
}
