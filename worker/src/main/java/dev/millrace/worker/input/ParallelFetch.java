package dev.millrace.worker.input;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** Does a few transfers side by side, for all actions of the worker together. */
final class ParallelFetch {

  private static final int MAX_TRANSFERS = 16;

  private final Semaphore transfers = new Semaphore(MAX_TRANSFERS);

  /** Does all of them, or throws what the first to fail threw. */
  <T> void forEach(List<T> items, Consumer<T> transfer) throws InterruptedException {
    if (items.size() == 1) {
      once(items.getFirst(), transfer);
      return;
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> futures = new ArrayList<>();
      for (T item : items) {
        futures.add(
            threads.submit(() -> {
              once(item, transfer);
              return null;
            }));
      }
      try {
        for (Future<?> future : futures) {
          future.get();
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException("a transfer ended unexpectedly", e);
      } finally {
        // Those still running are of no use any more once one has failed.
        threads.shutdownNow();
      }
    }
  }

  private <T> void once(T item, Consumer<T> transfer) throws InterruptedException {
    transfers.acquire();
    try {
      transfer.accept(item);
    } finally {
      transfers.release();
    }
  }
}
