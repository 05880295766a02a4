package dev.millrace.worker.process;

import dev.millrace.failure.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs commands to their end, or to their limits. Whichever way {@link #run} returns, nothing of
 * the command is alive afterwards. To cancel a command, interrupt the thread that runs it.
 */
public final class ProcessRunner implements AutoCloseable {

  private static final long LOOK_AT_LOGS_MILLIS = 250;
  private static final int TOO_MANY_ARGUMENTS = 7;

  private final Sandbox sandbox;

  /**
   * Starts every process. A process that dies with its parent dies with the thread that started it,
   * so that has to be one that stays; the carriers of virtual threads come and go.
   */
  private final ExecutorService starter =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("process-starter").daemon().factory());

  public ProcessRunner(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  public Outcome run(Launch launch, Logs logs, Limits limits) throws InterruptedException {
    long deadline = System.nanoTime() + limits.timeout().toNanos();
    Process process = start(launch, logs);
    Outcome outcome;
    try {
      outcome = await(process, deadline, logs, limits);
    } finally {
      // With the interrupt out of the way, for everything has to be dead before anybody goes on.
      boolean interrupted = Thread.interrupted();
      sandbox.kill(process, launch);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (logs.exceed(limits.maxLogBytes())) {
      logs.truncate(limits.maxLogBytes());
      return new Outcome.PrintedTooMuch();
    }
    return outcome;
  }

  private static Outcome await(Process process, long deadline, Logs logs, Limits limits)
      throws InterruptedException {
    long millisLeft;
    while ((millisLeft = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())) > 0) {
      try {
        process.onExit().get(Math.min(millisLeft, LOOK_AT_LOGS_MILLIS), TimeUnit.MILLISECONDS);
        return new Outcome.Exited(process.exitValue());
      } catch (TimeoutException stillRunning) {
        if (logs.exceed(limits.maxLogBytes())) {
          return new Outcome.PrintedTooMuch();
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("waiting for a process failed", e);
      }
    }
    return new Outcome.TimedOut();
  }

  private Process start(Launch launch, Logs logs) throws InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(sandbox.commandLine(launch));
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
    builder
        .directory(launch.workingDirectory().toFile())
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(logs.stdout().toFile())
        .redirectError(logs.stderr().toFile());
    try {
      return startUninterruptibly(builder::start);
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("error=" + TOO_MANY_ARGUMENTS + ",")) {
        throw new Failure.InvalidRequest(
            "command", "has more in its arguments and environment than the system takes");
      }
      throw new Failure.Unavailable("cannot start " + sandbox, e);
    }
  }

  /** A process that has been started is never lost track of: an interrupt waits for it. */
  private Process startUninterruptibly(Callable<Process> start)
      throws IOException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    var starting = starter.submit(start);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return starting.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          if (e.getCause() instanceof IOException failed) {
            throw failed;
          }
          throw new IllegalStateException("starting a process failed", e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Ends the thread that started the processes, and with it those that are still running. */
  @Override
  public void close() {
    starter.shutdownNow();
  }
}
