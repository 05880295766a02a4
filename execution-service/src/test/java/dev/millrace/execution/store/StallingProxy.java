package dev.millrace.execution.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A way to a server on this machine. At a test's command its connections fall silent without being
 * closed, as when the server's host is gone; those that are made afterwards work.
 */
final class StallingProxy implements AutoCloseable {

  private final ServerSocket server;
  private final int target;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Way> ways = ConcurrentHashMap.newKeySet();

  StallingProxy(int target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Future<?> unused = threads.submit(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** All connections that there are fall silent. */
  void stall() {
    ways.forEach(way -> way.stalled = true);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Way way = new Way(server.accept(), new Socket(InetAddress.getLoopbackAddress(), target));
        ways.add(way);
        Future<?> there = threads.submit(() -> way.pass(way.client, way.server));
        Future<?> back = threads.submit(() -> way.pass(way.server, way.client));
      } catch (IOException e) {
        // It is closed, or the next one may fare better.
      }
    }
  }

  private static final class Way {
    private final Socket client;
    private final Socket server;
    private volatile boolean stalled;

    Way(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void pass(Socket from, Socket to) {
      byte[] buffer = new byte[8192];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        int read;
        while ((read = in.read(buffer)) >= 0) {
          if (!stalled) {
            out.write(buffer, 0, read);
            out.flush();
          }
        }
        to.close();
      } catch (IOException e) {
        close();
      }
    }

    void close() {
      try {
        client.close();
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    ways.forEach(Way::close);
    threads.close();
  }
}
