package dev.millrace.grpc.admission;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets in so many calls at once. The rest wait in the order in which they came, so many and so long
 * as is allowed, on their own virtual threads.
 */
public final class Gate {

  /**
   * How wide a gate is.
   *
   * @param calls most calls inside
   * @param waiting most calls that wait for their turn
   */
  public record Width(int calls, int waiting) {
    public Width {
      if (calls < 1 || waiting < 0) {
        throw new IllegalArgumentException(
            "at least one call, and not less than none waiting, not " + calls + " and " + waiting);
      }
    }
  }

  private final Width width;
  private final Duration patience;
  private final Semaphore places;
  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder admitted = new LongAdder();
  private final LongAdder refused = new LongAdder();

  Gate(Width width, Duration patience) {
    this.width = width;
    this.patience = patience;
    this.places = new Semaphore(width.calls(), /* fair= */ true);
  }

  /** Whether there was room, in the end. Whoever is let in leaves once. */
  boolean enter() {
    boolean in = (waiting.getPlain() == 0 && places.tryAcquire()) || enterInTurn();
    (in ? admitted : refused).increment();
    return in;
  }

  private boolean enterInTurn() {
    if (waiting.incrementAndGet() > width.waiting()) {
      waiting.decrementAndGet();
      return false;
    }
    try {
      return places.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.decrementAndGet();
    }
  }

  void leave() {
    places.release();
  }

  /** Whether the next one would have to wait. */
  boolean isFull() {
    return places.availablePermits() == 0;
  }

  public Width width() {
    return width;
  }

  public int inside() {
    return width.calls() - places.availablePermits();
  }

  public int waiting() {
    return waiting.get();
  }

  public long admitted() {
    return admitted.sum();
  }

  public long refused() {
    return refused.sum();
  }
}
