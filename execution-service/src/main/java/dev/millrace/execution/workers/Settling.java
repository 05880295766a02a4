package dev.millrace.execution.workers;

import com.google.devtools.remoteworkers.v1test2.Lease;
import dev.millrace.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * The settling of one of the leases that a bot brings together, and what kept it from being settled
 * just now. They are settled at the same time, so that many take no longer than one.
 */
record Settling(Lease lease, Optional<Failure.Unavailable> problem) {

  static List<Settling> all(List<Lease> leases, Consumer<Lease> settle) {
    if (leases.size() < 2) {
      return leases.stream().map(lease -> one(lease, settle)).toList();
    }
    List<Future<Settling>> settling = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      leases.forEach(lease -> settling.add(threads.submit(() -> one(lease, settle))));
    }
    return settling.stream().map(Settling::outcome).toList();
  }

  private static Settling one(Lease lease, Consumer<Lease> settle) {
    try {
      settle.accept(lease);
      return new Settling(lease, Optional.empty());
    } catch (Failure.Unavailable passing) {
      return new Settling(lease, Optional.of(passing));
    }
  }

  private static Settling outcome(Future<Settling> done) {
    try {
      return done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Unavailable("interrupted while leases were settled", e);
    }
  }
}
