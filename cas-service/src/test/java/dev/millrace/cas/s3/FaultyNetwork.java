package dev.millrace.cas.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/** A proxy in front of an S3 server that does to each request what a test says. */
public final class FaultyNetwork implements AutoCloseable {

  /** What happens to a request and its answer. */
  public sealed interface Fault {
    /** Nothing. */
    record None() implements Fault {}

    /** The connection is reset before anything is answered. */
    record Refuse() implements Fault {}

    /** The answer never comes. */
    record Stall() implements Fault {}

    /** Another answer comes. */
    record Answer(int status, String code) implements Fault {}

    /** The connection is reset in the midst of the answer. */
    record Reset(int after) implements Fault {}

    /** The connection ends in the midst of the answer. */
    record Truncate(int after) implements Fault {}

    /** A bit of the answer is another one. */
    record Flip(int at) implements Fault {}

    /** A bit of the request is another one. */
    record FlipRequest(int at) implements Fault {}
  }

  private final URI server;
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();
  private volatile Function<String, Fault> faults = _ -> new Fault.None();

  public FaultyNetwork(URI server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** Says what is done to requests from now on, by their first line. */
  public void apply(Function<String, Fault> by) {
    faults = by;
  }

  /** The first lines of all requests so far. */
  public Queue<String> requests() {
    return requests;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket upstream = new Socket(server.getHost(), server.getPort());
        sockets.add(client);
        sockets.add(upstream);
        Connection connection = new Connection(client, upstream);
        Thread.startVirtualThread(() -> connection.run(connection::forwardRequests));
        Thread.startVirtualThread(() -> connection.run(connection::forwardAnswers));
      } catch (IOException e) {
        // The listener was closed, or the server is gone: whoever asks will notice.
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private interface Forwarding {
    void run() throws IOException;
  }

  /** One connection; requests on it follow one another. */
  private final class Connection {
    private final Socket client;
    private final Socket upstream;
    private volatile Fault fault = new Fault.None();
    private volatile boolean answering = true;
    private volatile int answered;
    private int sent;

    Connection(Socket client, Socket upstream) {
      this.client = client;
      this.upstream = upstream;
    }

    void run(Forwarding forwarding) {
      try (client;
          upstream) {
        forwarding.run();
      } catch (IOException e) {
        // Either end has gone.
      }
    }

    void forwardRequests() throws IOException {
      InputStream in = client.getInputStream();
      byte[] bytes = new byte[64 * 1024];
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        if (answering) {
          answering = false;
          answered = 0;
          sent = 0;
          String line =
              new String(bytes, 0, n, StandardCharsets.ISO_8859_1).lines().findFirst().get();
          requests.add(line);
          fault = faults.apply(line);
        }
        switch (fault) {
          case Fault.Refuse() -> {
            client.setSoLinger(true, 0);
            return;
          }
          case Fault.Answer(int status, String code) -> {
            answer(status, code);
            return;
          }
          case Fault.FlipRequest(int at) -> flip(bytes, n, at - sent);
          default -> {}
        }
        sent += n;
        upstream.getOutputStream().write(bytes, 0, n);
      }
    }

    private void answer(int status, String code) throws IOException {
      String body = "<Error><Code>" + code + "</Code><Message>injected</Message></Error>";
      String head =
          "HTTP/1.1 %d Injected\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n"
              + "Connection: close\r\n\r\n";
      OutputStream out = client.getOutputStream();
      out.write(
          (head.formatted(status, body.length()) + body).getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      client.shutdownOutput();
      // Until the client hangs up: to close before would reset what it has not read yet.
      client.getInputStream().transferTo(OutputStream.nullOutputStream());
    }

    void forwardAnswers() throws IOException {
      InputStream in = upstream.getInputStream();
      byte[] bytes = new byte[64 * 1024];
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        boolean interim =
            new String(bytes, 0, Math.min(n, 12), StandardCharsets.ISO_8859_1)
                .startsWith("HTTP/1.1 100");
        answering = !interim;
        int length = n;
        int end = answered + n;
        switch (fault) {
          case Fault.Stall() -> length = 0;
          case Fault.Reset(int after) when end > after -> {
            client.setSoLinger(true, 0);
            return;
          }
          case Fault.Truncate(int after) when end > after -> {
            client.getOutputStream().write(bytes, 0, after - answered);
            return;
          }
          case Fault.Flip(int at) -> flip(bytes, n, at - answered);
          default -> {}
        }
        answered += n;
        client.getOutputStream().write(bytes, 0, length);
      }
    }

    private static void flip(byte[] bytes, int length, int at) {
      if (at >= 0 && at < length) {
        bytes[at] ^= 4;
      }
    }
  }
}
