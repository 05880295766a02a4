package dev.millrace.grpc.incoming;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.List;

/** Content that was copied out of its message, and stays. */
record CopiedContent(ByteString data) implements IncomingWrite.Content, IncomingWrite.Lent {

  @Override
  public int size() {
    return data.size();
  }

  @Override
  public IncomingWrite.Lent take() {
    return this;
  }

  @Override
  public List<ByteBuffer> parts() {
    return data.asReadOnlyByteBufferList();
  }

  @Override
  public void close() {}
}
