package dev.millrace.bench.measure;

import dev.millrace.bench.client.EndpointException;
import dev.millrace.bench.workload.Load;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs one load for a time: each caller starts its next operation when its last one has ended, and
 * what is under way when the time is over still counts. One failure ends the round; nothing of it
 * is used then.
 */
public final class Round {

  /** No operation takes longer than this after the round's time is over. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Load load;
  private final long deadline;
  private final CountDownLatch callers;
  private final AtomicLong next = new AtomicLong();
  private final Latencies latencies = new Latencies();
  private long bytes;
  private long end;
  private @Nullable Throwable failure;

  private Round(Load load, int callers, long deadline) {
    this.load = load;
    this.callers = new CountDownLatch(callers);
    this.deadline = deadline;
  }

  /**
   * Runs to the end.
   *
   * @throws EndpointException if any operation fails
   */
  public static Sample run(
      Load load, int callers, Duration duration, Optional<ServerProcess> server) {
    Optional<Duration> cpuBefore = server.map(ServerProcess::cpu);
    long start = System.nanoTime();
    Round round = new Round(load, callers, start + duration.toNanos());
    for (int i = 0; i < callers; i++) {
      round.startNext();
    }
    round.await();
    Optional<Duration> cpu =
        server.map(ServerProcess::cpu).flatMap(after -> cpuBefore.map(after::minus));
    return round.sample(start, cpu);
  }

  private void startNext() {
    long start = System.nanoTime();
    load.start(next.getAndIncrement())
        .whenComplete((moved, thrown) -> {
          if (ended(start, moved, thrown)) {
            callers.countDown();
          } else {
            startNext();
          }
        });
  }

  /** Takes the outcome of one operation; says whether its caller is done. */
  private synchronized boolean ended(long start, @Nullable Long moved, @Nullable Throwable thrown) {
    long now = System.nanoTime();
    if (thrown != null || moved == null) {
      failure = failure == null ? thrown : failure;
      return true;
    }
    latencies.add(now - start);
    bytes += moved;
    end = now;
    return failure != null || now - deadline >= 0;
  }

  private void await() {
    try {
      long nanos = deadline - System.nanoTime() + PATIENCE.toNanos();
      if (!callers.await(nanos, TimeUnit.NANOSECONDS)) {
        throw new EndpointException("operations do not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EndpointException("interrupted", e);
    }
  }

  private synchronized Sample sample(long start, Optional<Duration> cpu) {
    if (failure != null) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      throw new EndpointException(String.valueOf(cause.getMessage()), cause);
    }
    return new Sample(
        latencies.count(),
        bytes,
        Duration.ofNanos(end - start),
        latencies.percentile(0.5),
        latencies.percentile(0.99),
        cpu);
  }
}
