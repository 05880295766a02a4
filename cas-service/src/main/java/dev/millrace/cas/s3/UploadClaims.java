package dev.millrace.cas.s3;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Who is sending which blob, so that of all who have it to send at the same time one does. The
 * others wait while that one gets on; if it fails or stalls, they send it themselves.
 */
final class UploadClaims {

  private record Key(InstanceName instance, Digest digest) {}

  private final Map<Key, Claim> claims = new ConcurrentHashMap<>();
  private final Duration patience;

  /**
   * @param patience how long nothing may happen before someone counts as stalled
   */
  UploadClaims(Duration patience) {
    this.patience = patience;
  }

  /** The right to send a blob; must be closed. */
  final class Claim implements AutoCloseable {
    private final Key key;
    private final CompletableFuture<Boolean> stored = new CompletableFuture<>();
    private volatile int steps;

    private Claim(Key key) {
      this.key = key;
    }

    /** Tells those who wait that it gets on. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // One thread writes it.
    void step() {
      steps++;
    }

    /** Tells those who wait that the blob is stored. */
    void succeed() {
      claims.remove(key, this);
      stored.complete(true);
    }

    /** Lets another one send the blob, unless it is stored. */
    @Override
    public void close() {
      claims.remove(key, this);
      stored.complete(false);
    }
  }

  /** A claim on a blob; empty if another one has stored it meanwhile. */
  Optional<Claim> take(InstanceName instance, Digest digest) {
    Claim own = new Claim(new Key(instance, digest));
    while (true) {
      Claim other = claims.putIfAbsent(own.key, own);
      if (other == null) {
        return Optional.of(own);
      }
      try {
        if (await(other)) {
          return Optional.empty();
        }
      } catch (TimeoutException stalled) {
        return Optional.of(own);
      }
    }
  }

  private boolean await(Claim other) throws TimeoutException {
    while (true) {
      int steps = other.steps;
      try {
        return other.stored.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (other.steps == steps) {
          throw e;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Failure.Unavailable("interrupted while another writer stores the blob", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
