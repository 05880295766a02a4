package dev.millrace.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A stock nginx that makes one endpoint of the services, as a deployment would. */
final class Proxy implements AutoCloseable {

  private final Process process;
  private final int port;

  private Proxy(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * @param ports where the services named in the configuration listen
   */
  static Proxy start(Path directory, Map<String, Integer> ports) {
    int port = Repository.freePort();
    try (InputStream template = Proxy.class.getResourceAsStream("/nginx.conf")) {
      Files.createDirectories(directory);
      String text =
          new String(template.readAllBytes(), StandardCharsets.UTF_8)
              .replace("${directory}", directory.toString())
              .replace("${port}", Integer.toString(port));
      for (Map.Entry<String, Integer> service : ports.entrySet()) {
        text = text.replace("${" + service.getKey() + "}", service.getValue().toString());
      }
      Path configuration = Files.writeString(directory.resolve("nginx.conf"), text);
      String nginx = Files.isExecutable(Path.of("/usr/sbin/nginx")) ? "/usr/sbin/nginx" : "nginx";
      Process process =
          new ProcessBuilder(nginx, "-p", directory.toString(), "-c", configuration.toString())
              .redirectErrorStream(true)
              .start();
      Thread.ofVirtual().start(() -> echo(process));
      Proxy proxy = new Proxy(process, port);
      proxy.awaitListening();
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void echo(Process process) {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().forEach(line -> System.out.println("nginx: " + line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitListening() throws IOException {
    IOException refused = new IOException("nginx ended");
    try {
      for (int tries = 0; tries < 100 && !process.waitFor(50, TimeUnit.MILLISECONDS); tries++) {
        Optional<IOException> problem = connect();
        if (problem.isEmpty()) {
          return;
        }
        refused = problem.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
    throw refused;
  }

  private Optional<IOException> connect() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected()
          ? Optional.empty()
          : Optional.of(new IOException("not connected"));
    } catch (IOException e) {
      return Optional.of(e);
    }
  }

  String endpoint() {
    return "grpc://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
