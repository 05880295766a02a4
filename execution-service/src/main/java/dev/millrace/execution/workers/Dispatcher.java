package dev.millrace.execution.workers;

import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Given;
import dev.millrace.execution.store.LeaseStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives queued actions to the bots whose calls this replica holds. One round at a time serves all
 * of them; who asks for a round while one runs has it repeated.
 */
public final class Dispatcher implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
  private static final Duration LONG_TIME = Duration.ofSeconds(30);

  private final LeaseStore leases;
  private final Changes changes;

  /** Bots whose calls wait here, by their sessions. */
  private final Map<String, FreeBot> waiting = new ConcurrentHashMap<>();

  private final AtomicInteger roundsAsked = new AtomicInteger();
  private final Thread thread;
  private volatile boolean closed;

  public Dispatcher(LeaseStore leases, Changes changes) {
    this.leases = leases;
    this.changes = changes;
    this.thread = Thread.ofVirtual().name("execution-dispatcher").unstarted(this::run);
  }

  public Dispatcher start() {
    thread.start();
    return this;
  }

  @Override
  public void close() {
    closed = true;
    changes.signal(Changes.QUEUE);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A bot's call that waits for work. */
  interface Place extends AutoCloseable {

    /** Has the bot served again, after it was passed over. */
    void again();

    @Override
    void close();
  }

  /** That of a call that waits for something else than work. */
  static final Place NONE =
      new Place() {
        @Override
        public void again() {}

        @Override
        public void close() {}
      };

  /** Has a bot served from now on; it is woken under its own topic when it was given work. */
  Place await(FreeBot bot) {
    Place place =
        new Place() {
          @Override
          public void again() {
            FreeBot unused = waiting.put(bot.session(), bot);
          }

          @Override
          @SuppressWarnings("ReferenceEquality") // Another call of the session is as good a bot.
          public void close() {
            waiting.computeIfPresent(bot.session(), (name, last) -> last == bot ? null : last);
          }
        };
    place.again();
    return place;
  }

  /** Gives out what is queued. */
  void dispatch() {
    if (roundsAsked.getAndIncrement() > 0) {
      return;
    }
    int asked = 1;
    try {
      do {
        asked = roundsAsked.get();
        List<FreeBot> bots = List.copyOf(waiting.values());
        if (!bots.isEmpty()) {
          wake(leases.assign(bots));
        }
      } while (roundsAsked.addAndGet(-asked) > 0);
    } catch (RuntimeException | Error failed) {
      roundsAsked.set(0);
      throw failed;
    }
  }

  /**
   * Who was given something is as good as gone, and who has no room comes back with its next call.
   */
  private void wake(Given given) {
    waiting.keySet().removeAll(given.full());
    waiting.keySet().removeAll(given.leases().keySet());
    given.leases().keySet().forEach(served -> changes.signal(Changes.session(served)));
  }

  private void run() {
    try (Changes.Subscription queue = changes.subscribe(Changes.QUEUE)) {
      while (!closed && !changes.isClosed()) {
        boolean unused = queue.await(LONG_TIME);
        try {
          dispatch();
        } catch (RuntimeException e) {
          // Calls that wait look for themselves when they are asked again.
          log.warn("Cannot give out queued actions just now", e);
        }
      }
    }
  }
}
