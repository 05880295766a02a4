package dev.millrace.grpc.server;

import dev.millrace.grpc.admission.OpenCalls;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks every second for calls that hold their places for nothing. */
final class IdleSweep implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(IdleSweep.class);

  private final OpenCalls calls;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("grpc-idle-sweep").daemon().factory());

  @SuppressWarnings("FutureReturnValueIgnored") // the sweep itself tells of its failures
  IdleSweep(OpenCalls calls) {
    this.calls = calls;
    thread.scheduleWithFixedDelay(this::sweep, 1, 1, TimeUnit.SECONDS);
  }

  private void sweep() {
    try {
      int ended = calls.sweep();
      if (ended > 0) {
        log.info("Ended {} calls whose clients neither sent nor took anything", ended);
      }
    } catch (RuntimeException fault) {
      log.error("Could not look for idle calls", fault);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
