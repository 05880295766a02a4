package dev.millrace.grpc.admission;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * So many bytes for all calls together. Taking never waits, as it happens where nothing may wait;
 * but who has not begun yet, or may pause, waits beforehand until it is less than nearly used up.
 */
public final class ByteBudget {

  private final long capacity;
  private final long crowded;
  private final AtomicLong used = new AtomicLong();
  private final LongAdder refused = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final AtomicInteger waiting = new AtomicInteger();

  ByteBudget(long capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a budget of " + capacity + " bytes");
    }
    this.capacity = capacity;
    this.crowded = capacity / 4 * 3;
  }

  boolean tryTake(long bytes) {
    if (used.addAndGet(bytes) <= capacity) {
      return true;
    }
    used.addAndGet(-bytes);
    refused.increment();
    return false;
  }

  void give(long bytes) {
    long left = used.addAndGet(-bytes);
    if (waiting.get() > 0 && left <= crowded) {
      lock.lock();
      try {
        room.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  boolean isCrowded() {
    return used.get() > crowded;
  }

  /** Waits until it is not crowded; returns false if it still is when patience ends. */
  boolean awaitRoom(Duration patience) {
    return !isCrowded() || awaitRoomInLine(patience);
  }

  private boolean awaitRoomInLine(Duration patience) {
    lock.lock();
    try {
      waiting.incrementAndGet();
      try {
        long left = patience.toNanos();
        // Told of what is given back only after it was counted as waiting, so it looks first.
        while (isCrowded()) {
          if (left <= 0) {
            refused.increment();
            return false;
          }
          left = room.awaitNanos(left);
        }
        return true;
      } finally {
        waiting.decrementAndGet();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  public long capacity() {
    return capacity;
  }

  public long used() {
    return used.get();
  }

  public long refused() {
    return refused.sum();
  }
}
