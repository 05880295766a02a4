package dev.millrace.execution.workers;

import dev.millrace.database.Together;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.execution.store.Changes;
import dev.millrace.execution.store.Given;
import dev.millrace.execution.store.Hedges;
import dev.millrace.execution.store.LeaseStore;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives queued actions to the bots whose calls this replica holds. One round at a time serves all
 * of them; who asks for a round while one runs has it repeated.
 */
public final class Dispatcher implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
  private static final Duration LONG_TIME = Duration.ofSeconds(10);

  private static final int MOST_ASKERS = 10_000;

  /** After what time a round that failed is repeated. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final LeaseStore leases;
  private final Changes changes;

  /** Bots whose calls wait here, by their sessions. */
  private final Map<String, FreeBot> waiting = new ConcurrentHashMap<>();

  private final Offers offers = new Offers();
  private final Together<Boolean, Boolean> rounds = new Together<>(MOST_ASKERS, this::round);
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

    /** Has the bot served from now on, or again after it was passed over. */
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

  /**
   * A place for a bot, which is served once it asked for that; it is woken under its own topic when
   * it was given work.
   */
  Place place(FreeBot free) {
    FreeBot bot = free.offering(offers.same(free.offer()));
    return new Place() {
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
  }

  /**
   * Gives out what is queued: a round that has begun since is over on return. Whoever comes while
   * one runs shares the next one, and nobody runs more than one.
   */
  void dispatch() {
    boolean unused = rounds.ask(true);
  }

  private void run() {
    try (Changes.Subscription queue = changes.subscribe(Changes.QUEUE)) {
      Duration patience = LONG_TIME;
      while (!closed && !changes.isClosed()) {
        boolean unused = queue.await(patience);
        try {
          patience = rounds.ask(true) ? LONG_TIME : Duration.ZERO;
        } catch (RuntimeException e) {
          log.warn("Cannot give out queued actions just now", e);
          patience = RETRY;
        }
      }
    }
  }

  /** Tells everybody who asked for the round whether all that could be given out was. */
  private List<Boolean> round(List<Boolean> askers) {
    List<FreeBot> bots = List.copyOf(waiting.values());
    Given given = bots.isEmpty() ? Given.NOTHING : leases.assign(bots);
    tell(bots, given);
    if (!given.isAll()) {
      changes.signal(Changes.QUEUE);
    }
    return Collections.nCopies(askers.size(), given.isAll());
  }

  /** Gives what seems to hang elsewhere to bots that still wait. */
  public void hedge(Hedges hedges) {
    List<FreeBot> bots = List.copyOf(waiting.values());
    tell(bots, hedges.give(bots));
  }

  private void tell(List<FreeBot> bots, Given given) {
    passOver(bots, given);
    given.leases().keySet().forEach(served -> changes.signal(Changes.session(served)));
  }

  /** Who was given something is as good as gone; who has no room comes back when that changes. */
  @SuppressWarnings("ReferenceEquality") // A newer call of the session may have taken its place.
  private void passOver(List<FreeBot> bots, Given given) {
    for (FreeBot bot : bots) {
      if (given.full().contains(bot.session()) || given.leases().containsKey(bot.session())) {
        waiting.computeIfPresent(bot.session(), (name, last) -> last == bot ? null : last);
      }
    }
  }
}
