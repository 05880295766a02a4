package dev.millrace.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.millrace.worker.lease.Bot;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Asks for work as long as the application runs: from when everything else has started until
 * before anything else stops, so that what still runs can be finished.
 */
final class WorkerLifecycle implements SmartLifecycle {

  private final Supplier<Bot> bots;
  private final Duration grace;

  @GuardedBy("this")
  private @Nullable Bot bot;

  WorkerLifecycle(Supplier<Bot> bots, Duration grace) {
    this.bots = bots;
    this.grace = grace;
  }

  @Override
  public synchronized void start() {
    if (bot == null) {
      bot = bots.get();
      bot.start();
    }
  }

  @Override
  public void stop() {
    drain().join();
  }

  @Override
  public void stop(Runnable callback) {
    var unused = drain().whenComplete((ended, failure) -> callback.run());
  }

  @Override
  public synchronized boolean isRunning() {
    return bot != null;
  }

  private synchronized CompletableFuture<Void> drain() {
    Bot running = bot;
    bot = null;
    return running == null ? CompletableFuture.completedFuture(null) : running.drain(grace);
  }
}
