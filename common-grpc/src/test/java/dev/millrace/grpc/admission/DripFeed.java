package dev.millrace.grpc.admission;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** One call of a client that speaks just enough of HTTP/2 to send a message a byte at a time. */
final class DripFeed implements AutoCloseable {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int END_HEADERS = 4;

  private final Socket socket;
  private final DataOutputStream out;
  private int dripped;

  DripFeed(int port, String path) throws IOException {
    socket = new Socket("127.0.0.1", port);
    out = new DataOutputStream(socket.getOutputStream());
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(out, SETTINGS, 0, 0, new byte[0]);
    frame(out, HEADERS, END_HEADERS, 1, headers(path));
    out.flush();
    Thread.startVirtualThread(this::ignoreAnswers);
  }

  /** Names and values as they are, in no table. */
  private static byte[] headers(String path) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    List<Map.Entry<String, String>> headers =
        List.of(
            Map.entry(":method", "POST"),
            Map.entry(":scheme", "http"),
            Map.entry(":path", path),
            Map.entry(":authority", "localhost"),
            Map.entry("content-type", "application/grpc"),
            Map.entry("te", "trailers"));
    for (Map.Entry<String, String> header : headers) {
      block.write(0);
      text(block, header.getKey());
      text(block, header.getValue());
    }
    return block.toByteArray();
  }

  private static void text(OutputStream block, String text) throws IOException {
    block.write(text.length());
    block.write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void frame(DataOutputStream to, int type, int flags, int stream, byte[] payload)
      throws IOException {
    to.writeByte(payload.length >> 16);
    to.writeShort(payload.length);
    to.writeByte(type);
    to.writeByte(flags);
    to.writeInt(stream);
    to.write(payload);
  }

  /** Says how long the message is going to be. */
  void promise(int length) throws IOException {
    ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(prefix);
    fields.writeByte(0);
    fields.writeInt(length);
    frame(out, DATA, 0, 1, prefix.toByteArray());
    out.flush();
  }

  void drip(int bytes) throws IOException {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    DataOutputStream to = new DataOutputStream(frames);
    for (int i = 0; i < bytes; i++) {
      frame(to, DATA, 0, 1, new byte[1]);
    }
    out.write(frames.toByteArray());
    out.flush();
    dripped += bytes;
  }

  int dripped() {
    return dripped;
  }

  private void ignoreAnswers() {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException closed) {
      // As it is at the end of each test.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
