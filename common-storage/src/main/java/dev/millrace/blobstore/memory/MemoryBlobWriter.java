package dev.millrace.blobstore.memory;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobWriter;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Gathers a blob on the heap and hands it over when it is committed. */
final class MemoryBlobWriter implements BlobWriter {

  private final ByteString.Output gathered = ByteString.newOutput();
  private final Consumer<ByteString> onCommit;

  MemoryBlobWriter(Consumer<ByteString> onCommit) {
    this.onCommit = onCommit;
  }

  @Override
  public long written() {
    return gathered.size();
  }

  @Override
  public void write(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    gathered.write(copy, 0, copy.length);
  }

  @Override
  public void commit() {
    onCommit.accept(gathered.toByteString());
  }

  @Override
  public void close() {}
}
