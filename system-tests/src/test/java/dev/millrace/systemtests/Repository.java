package dev.millrace.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where the programs under test are in this checkout, and free ports to run them on. */
final class Repository {

  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  private Repository() {}

  /** A service's runnable jar, as packaged by the build that these tests are part of. */
  static Path runnableJar(String module) {
    Path target = ROOT.resolve(module).resolve("target");
    try (Stream<Path> files = Files.list(target)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith("-exec.jar"))
          .findFirst()
          .orElseThrow(
              () -> new IllegalStateException("no runnable jar in " + target + ": package first"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path example(String name) {
    return ROOT.resolve("examples").resolve(name);
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
