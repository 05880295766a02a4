package dev.millrace.bench.client;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/** A serialized message in parts, so that large content is never put together on the heap. */
public final class Payload {

  private final List<Slice> parts;
  private final int size;

  Payload(List<Slice> parts) {
    this.parts = List.copyOf(parts);
    this.size = parts.stream().mapToInt(Slice::length).sum();
  }

  /** A message that is serialized as a whole already. */
  public static Payload of(byte[] message) {
    return new Payload(List.of(Slice.of(message)));
  }

  int size() {
    return size;
  }

  InputStream stream() {
    return new PartStream(this);
  }

  /** What gRPC takes a message from: in practice it is always drained at once. */
  private static final class PartStream extends InputStream implements Drainable, KnownLength {
    private final Payload payload;
    private int read;

    PartStream(Payload payload) {
      this.payload = payload;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      if (read > 0) {
        throw new IOException("a message is drained as a whole");
      }
      for (Slice part : payload.parts) {
        target.write(part.array(), part.offset(), part.length());
      }
      read = payload.size;
      return read;
    }

    @Override
    public int available() {
      return payload.size - read;
    }

    @Override
    public int read() {
      int left = read;
      for (Slice part : payload.parts) {
        if (left < part.length()) {
          read++;
          return part.array()[part.offset() + left] & 0xff;
        }
        left -= part.length();
      }
      return -1;
    }
  }
}
