package dev.millrace.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** One program of ours in a JVM of its own, ready once it has printed a line that says so. */
final class ServiceProcess implements AutoCloseable {

  private static final List<String> HEAP = List.of("-Xmx512m");
  private static final Duration START_LIMIT = Duration.ofSeconds(120);

  private final String name;
  private final Process process;
  private final List<String> output = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch ready = new CountDownLatch(1);

  private ServiceProcess(String name, Process process, Pattern readyLine) {
    this.name = name;
    this.process = process;
    // Not virtual: a read from a pipe holds its carrier, and there may be no more than two of them.
    Thread.ofPlatform().daemon().start(() -> follow(readyLine));
  }

  /** Starts a module's runnable jar and waits until a line of its output matches. */
  static ServiceProcess start(String module, Pattern readyLine, List<String> arguments) {
    return start(module, readyLine, HEAP, arguments);
  }

  /** Starts a module's runnable jar on a JVM with flags of its own. */
  static ServiceProcess start(
      String module, Pattern readyLine, List<String> flags, List<String> arguments) {
    ServiceProcess service = launch(module, readyLine, flags, arguments);
    service.awaitReady();
    return service;
  }

  /** As {@link #start}, but does not wait. */
  static ServiceProcess launch(String module, Pattern readyLine, List<String> arguments) {
    return launch(module, readyLine, HEAP, arguments);
  }

  private static ServiceProcess launch(
      String module, Pattern readyLine, List<String> flags, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(flags);
    command.addAll(List.of("-jar", Repository.runnableJar(module).toString()));
    // Several processes on one machine: the port of their actuators is nobody's concern.
    command.add("--server.port=0");
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return new ServiceProcess(module, process, readyLine);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void follow(Pattern readyLine) {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
        if (readyLine.matcher(line).find()) {
          ready.countDown();
        }
      }
    } catch (IOException closed) {
      output.add("(output closed: " + closed.getMessage() + ")");
    }
  }

  /** Waits until the line was printed; a process that does not come so far is ended. */
  void awaitReady() {
    try {
      long deadline = System.nanoTime() + START_LIMIT.toNanos();
      while (!ready.await(100, TimeUnit.MILLISECONDS)) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          process.destroyForcibly();
          throw new IllegalStateException(name + " did not start:\n" + output());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  String output() {
    synchronized (output) {
      return String.join("\n", output);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** SIGKILL: no hook runs, nothing is flushed. */
  void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** SIGTERM, and a wait for the orderly end. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        kill();
        throw new IllegalStateException(name + " does not stop:\n" + output());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
