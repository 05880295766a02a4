package dev.millrace.grpc.outgoing;

import com.google.bytestream.ReadResponse;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.protobuf.ProtoUtils;
import java.io.InputStream;

/** Encodes the message of an {@link OutgoingChunk} in place, and all others as protobuf does. */
public final class ReadResponseMarshaller implements PrototypeMarshaller<ReadResponse> {

  private final PrototypeMarshaller<ReadResponse> plain =
      (PrototypeMarshaller<ReadResponse>) ProtoUtils.marshaller(ReadResponse.getDefaultInstance());

  @Override
  public InputStream stream(ReadResponse message) {
    OutgoingChunk chunk = OutgoingChunk.beingSent();
    InputStream stream = chunk == null ? null : chunk.streamOf(message);
    if (stream != null) {
      return stream;
    }
    if (OutgoingChunk.isOfAChunk(message)) {
      throw new IllegalStateException("a chunk's message is sent once, while the chunk is");
    }
    return plain.stream(message);
  }

  @Override
  public ReadResponse parse(InputStream stream) {
    return plain.parse(stream);
  }

  @Override
  public ReadResponse getMessagePrototype() {
    return ReadResponse.getDefaultInstance();
  }

  @Override
  public Class<ReadResponse> getMessageClass() {
    return ReadResponse.class;
  }
}
