package dev.millrace.systemtests;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The whole suite as a process, on a port that stays the same over restarts. */
final class Standalone implements AutoCloseable {

  private static final Pattern READY = Pattern.compile("--remote_executor=");

  private final int port;
  private final Path data;
  private ServiceProcess process;

  private Standalone(int port, Path data) {
    this.port = port;
    this.data = data;
    this.process = launch();
  }

  static Standalone start(Path data) {
    return new Standalone(Repository.freePort(), data);
  }

  private ServiceProcess launch() {
    return ServiceProcess.start(
        "standalone",
        READY,
        List.of(
            "--spring.grpc.server.port=" + port,
            "--millrace.standalone.data=" + data,
            "--millrace.worker.slots=2"));
  }

  String endpoint() {
    return "grpc://127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  String output() {
    return process.output();
  }

  void killAndStartAgain() {
    process.kill();
    process = launch();
  }

  @Override
  public void close() {
    process.close();
  }
}
