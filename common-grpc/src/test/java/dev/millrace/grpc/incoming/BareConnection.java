package dev.millrace.grpc.incoming;

import com.google.protobuf.ByteString;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/**
 * A client that cuts its one call into HTTP/2 frames as it is told to, and hears no answer. Stays
 * within the windows that servers begin with.
 */
final class BareConnection implements AutoCloseable {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;

  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;

  private final Socket socket;
  private final DataOutputStream out;

  BareConnection(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    frame(SETTINGS, /* flags= */ 0, /* stream= */ 0, ByteString.EMPTY);
  }

  void begin(String method) throws IOException {
    // Names by their numbers in the table of RFC 7541, appendix A; nothing is to be remembered.
    ByteString headers =
        bytes(0x83, 0x86)
            .concat(bytes(0x04).concat(text(method)))
            .concat(bytes(0x01).concat(text("localhost")))
            .concat(bytes(0x0f, 0x10).concat(text("application/grpc")))
            .concat(bytes(0x00).concat(text("te")).concat(text("trailers")));
    frame(HEADERS, END_HEADERS, /* stream= */ 1, headers);
  }

  /** What a message of that size begins with, if it is not compressed. */
  static ByteString prefix(int size) {
    return ByteString.copyFrom(ByteBuffer.allocate(5).put((byte) 0).putInt(size).flip());
  }

  void data(ByteString bytes) throws IOException {
    frame(DATA, /* flags= */ 0, /* stream= */ 1, bytes);
  }

  void end() throws IOException {
    frame(DATA, END_STREAM, /* stream= */ 1, ByteString.EMPTY);
    out.flush();
  }

  private void frame(int type, int flags, int stream, ByteString payload) throws IOException {
    out.writeByte(payload.size() >> 16);
    out.writeShort(payload.size());
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    payload.writeTo(out);
  }

  private static ByteString bytes(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length);
    for (int value : values) {
      bytes.put((byte) value);
    }
    return ByteString.copyFrom(bytes.flip());
  }

  /** Of less than 127 characters, not Huffman coded. */
  private static ByteString text(String text) {
    return bytes(text.length()).concat(ByteString.copyFromUtf8(text));
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
