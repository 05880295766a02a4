package dev.millrace.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.millrace.worker.lease.Bot;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.context.event.EventListener;

/**
 * Asks for work as long as the application runs: from when everything else has started until before
 * anything else stops, so that what still runs can be finished. A server in the same process has
 * the last phase of Spring's lifecycle, which leaves only the events around it.
 */
final class WorkerLifecycle {

  private final Supplier<Bot> bots;
  private final Duration grace;

  @GuardedBy("this")
  private @Nullable Bot bot;

  WorkerLifecycle(Supplier<Bot> bots, Duration grace) {
    this.bots = bots;
    this.grace = grace;
  }

  @EventListener(ContextRefreshedEvent.class)
  synchronized void start() {
    if (bot == null) {
      bot = bots.get();
      bot.start();
    }
  }

  @EventListener(ContextClosedEvent.class)
  void stop() {
    drain().join();
  }

  private synchronized CompletableFuture<Void> drain() {
    Bot running = bot;
    bot = null;
    return running == null ? CompletableFuture.completedFuture(null) : running.drain(grace);
  }
}
