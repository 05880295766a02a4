package dev.millrace.execution.store;

import dev.millrace.failure.Failure;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Tells what has changed, once it is committed: this replica at once, the others by and by, many
 * topics in one transaction, which nobody waits for. What is lost with this process, others notice
 * when they look for themselves.
 */
final class Announcements {

  private static final Logger log = LoggerFactory.getLogger(Announcements.class);

  /** All announcements are made on this channel. */
  static final String CHANNEL = "millrace_execution";

  /** More topics than these at once concern everybody. */
  private static final int MANY = 1_000;

  private static final String EVERYTHING = "*";
  private static final String NOTHING = "";
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final String replica = UUID.randomUUID().toString();
  private final Database database;
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private final Queue<String> unsent = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean sending = new AtomicBoolean();
  private volatile boolean closed;

  Announcements(Database database) {
    this.database = database;
  }

  /** Has somebody here told of all topics from now on. */
  void tell(Consumer<String> listener) {
    listeners.add(listener);
  }

  /** Sends what is left, and no more; who listens on this replica hears that as well. */
  void close() {
    closed = true;
    Set<String> last = new LinkedHashSet<>(Set.of(NOTHING));
    boolean unused = takeUnsent(last);
    try {
      notify(last);
    } catch (Failure | DataAccessException e) {
      log.debug("Nobody heard the last announcement", e);
    }
  }

  void publish(Collection<String> topics) {
    topics.forEach(topic -> listeners.forEach(listener -> listener.accept(topic)));
    unsent.addAll(topics);
    sendUnlessSending();
  }

  private void sendUnlessSending() {
    if (!unsent.isEmpty() && sending.compareAndSet(false, true)) {
      Thread unused = Thread.ofVirtual().name("execution-announcements").start(this::send);
    }
  }

  private void send() {
    Set<String> topics = new LinkedHashSet<>();
    while (!closed && takeUnsent(topics)) {
      try {
        notify(topics.size() > MANY ? Set.of(EVERYTHING) : topics);
        topics.clear();
      } catch (Failure | DataAccessException e) {
        log.debug("Other replicas cannot be told of changes just now", e);
        LockSupport.parkNanos(RETRY.toNanos());
      }
    }
    sending.set(false);
    if (!closed) {
      sendUnlessSending();
    }
  }

  /** Whether there is anything to send. */
  private boolean takeUnsent(Set<String> topics) {
    for (String topic = unsent.poll(); topic != null; topic = unsent.poll()) {
      boolean unused = topics.add(topic);
    }
    return !topics.isEmpty();
  }

  private void notify(Set<String> topics) {
    database.run(sql -> {
      // It is of no use after a crash, and nobody should wait for it.
      String unused =
          sql.sql("select set_config('synchronous_commit', 'off', true)")
              .query(String.class)
              .single();
      long alsoUnused =
          sql.sql(
                  """
                  select count(pg_notify(:channel, :replica || ' ' || topic))
                  from unnest(cast(:topics as text[])) as topic
                  """)
              .param("channel", CHANNEL)
              .param("replica", replica)
              .param("topics", topics.toArray(String[]::new))
              .query(Long.class)
              .single();
    });
  }

  /** What another replica says has changed: one topic, or a {@code Heard} of everything. */
  record Heard(Optional<String> topic) {}

  /** Takes a notification; nothing of what this replica said itself. */
  Optional<Heard> heard(String payload) {
    int space = payload.indexOf(' ');
    String said = payload.substring(space + 1);
    if (space < 0 || payload.substring(0, space).equals(replica)) {
      return Optional.empty();
    }
    return Optional.of(new Heard(said.equals(EVERYTHING) ? Optional.empty() : Optional.of(said)));
  }
}
