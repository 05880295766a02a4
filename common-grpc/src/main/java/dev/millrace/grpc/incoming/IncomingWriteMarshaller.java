package dev.millrace.grpc.incoming;

import com.google.bytestream.WriteRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Decodes a {@code WriteRequest} but for its data, where the transport's buffers can be looked
 * into, and whole where they cannot: in the same process, or of a compressed message.
 */
public final class IncomingWriteMarshaller implements Marshaller<IncomingWrite> {

  /** Fields other than the data fit most often. */
  private static final int LOOK_AT_BYTES = 512;

  private static final int RESOURCE_NAME =
      tag(WriteRequest.RESOURCE_NAME_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int WRITE_OFFSET =
      tag(WriteRequest.WRITE_OFFSET_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int FINISH_WRITE =
      tag(WriteRequest.FINISH_WRITE_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int DATA =
      tag(WriteRequest.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);

  /** How protobuf names a field with its encoding. */
  private static int tag(int field, int wireType) {
    return field << 3 | wireType;
  }

  @Override
  public InputStream stream(IncomingWrite message) {
    throw new UnsupportedOperationException("a server sends no requests");
  }

  @Override
  public IncomingWrite parse(InputStream stream) {
    try {
      return BufferedContent.isPossible(stream) ? inPlace(stream) : copied(stream);
    } catch (InvalidProtocolBufferException malformed) {
      throw Status.INTERNAL
          .withDescription("Invalid protobuf byte sequence")
          .withCause(malformed)
          .asRuntimeException();
    } catch (IOException notRead) {
      throw new UncheckedIOException(notRead);
    }
  }

  private static IncomingWrite copied(InputStream stream) throws IOException {
    WriteRequest request = WriteRequest.parseFrom(stream);
    return new IncomingWrite(
        request.getResourceName(),
        request.getWriteOffset(),
        request.getFinishWrite(),
        request.getSerializedSize(),
        new CopiedContent(request.getData()));
  }

  /** As protobuf does it: fields in any order, the last of a kind counts, unknown ones do not. */
  private static IncomingWrite inPlace(InputStream stream) throws IOException {
    int encodedBytes = stream.available();
    stream.mark(encodedBytes);
    CodedInputStream in = CodedInputStream.newInstance(stream, LOOK_AT_BYTES);
    String resourceName = "";
    long writeOffset = 0;
    boolean finishWrite = false;
    IncomingWrite.Content content = new CopiedContent(ByteString.EMPTY);
    while (!in.isAtEnd()) {
      int tag = in.readTag();
      if (tag == RESOURCE_NAME) {
        resourceName = in.readStringRequireUtf8();
      } else if (tag == WRITE_OFFSET) {
        writeOffset = in.readInt64();
      } else if (tag == FINISH_WRITE) {
        finishWrite = in.readBool();
      } else if (tag == DATA) {
        int size = in.readRawVarint32();
        int start = in.getTotalBytesRead();
        if (start + (long) size == encodedBytes) {
          content = new BufferedContent(stream, start, size);
          break;
        }
        in.skipRawBytes(size);
        content = new BufferedContent(stream, start, size);
      } else if (!in.skipField(tag)) {
        throw new InvalidProtocolBufferException("an end of a group that did not begin");
      }
    }
    stream.reset();
    return new IncomingWrite(resourceName, writeOffset, finishWrite, encodedBytes, content);
  }
}
