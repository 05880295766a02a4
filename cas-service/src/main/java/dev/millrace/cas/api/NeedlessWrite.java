package dev.millrace.cas.api;

import dev.millrace.grpc.bytestream.ByteStreamWrite;
import java.nio.ByteBuffer;
import java.util.List;
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
  public void append(List<ByteBuffer> data) {
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
