package dev.millrace.cas.api;

import com.google.protobuf.ByteString;
import dev.millrace.grpc.bytestream.ByteStreamWrite;
import java.util.OptionalLong;

/** A write of a blob that is stored already: answered at once. */
record NeedlessWrite(long committedSize) implements ByteStreamWrite {

  @Override
  public long position() {
    return committedSize;
  }

  @Override
  public OptionalLong settled() {
    return OptionalLong.of(committedSize);
  }

  @Override
  public void append(ByteString data) {
    // What is stored already is not stored again.
  }

  @Override
  public long finish() {
    return committedSize;
  }

  @Override
  public long suspend() {
    return committedSize;
  }

  @Override
  public void close() {}
}
