package dev.millrace.execution.store;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Who on this replica waits for what. A wake-up says that something may have changed; what is true
 * is in the database.
 */
public final class Changes {

  /** Actions are queued that may be given out. */
  public static final String QUEUE = "queue";

  /** An action's state changed. */
  static String task(UUID task) {
    return "task/" + task;
  }

  /** A bot is to be told something. */
  public static String session(String session) {
    return "session/" + session;
  }

  private final Map<String, Set<Subscription>> waiting = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** Begins to take notice of a topic; wake-ups between then and {@code await} are not lost. */
  public Subscription subscribe(String topic) {
    Subscription subscription = new Subscription(topic);
    waiting.compute(
        topic,
        (key, present) -> {
          Set<Subscription> all = present == null ? ConcurrentHashMap.newKeySet() : present;
          all.add(subscription);
          return all;
        });
    if (closed) {
      subscription.wake();
    }
    return subscription;
  }

  /** The same, for the state of an action. */
  public Subscription subscribeToTask(UUID task) {
    return subscribe(task(task));
  }

  public void signal(String topic) {
    waiting.getOrDefault(topic, Set.of()).forEach(Subscription::wake);
  }

  /** Wakes everybody, when changes may have gone unnoticed. */
  void signalAll() {
    waiting.values().forEach(all -> all.forEach(Subscription::wake));
  }

  /** Ends all waiting, now and later, as the process is about to stop. */
  public void close() {
    closed = true;
    signalAll();
  }

  public boolean isClosed() {
    return closed;
  }

  /** One who waits. Used by one thread; woken by any. */
  public final class Subscription implements AutoCloseable {
    private final String topic;
    private final Semaphore wakeUps = new Semaphore(0);

    private Subscription(String topic) {
      this.topic = topic;
    }

    public void wake() {
      wakeUps.release();
    }

    /** Waits for a wake-up since the last one; false if none came in time. */
    public boolean await(Duration atMost) {
      if (closed) {
        return true;
      }
      try {
        boolean woken = wakeUps.tryAcquire(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
        int unused = wakeUps.drainPermits();
        return woken;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Failure.Unavailable("interrupted while waiting", e);
      }
    }

    @Override
    public void close() {
      waiting.computeIfPresent(
          topic,
          (key, present) -> {
            present.remove(this);
            return present.isEmpty() ? null : present;
          });
    }
  }
}
