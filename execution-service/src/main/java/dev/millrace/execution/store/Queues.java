package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.store.QueueRows.Queue;
import dev.millrace.instance.InstanceName;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The queues that this replica has met: they never change and are never removed. Only a failover
 * may lose the latest of them; their ids are not given out again.
 */
final class Queues {

  /** Clients may ask for anything: what is more is looked up each time. */
  private static final int MOST_KEPT = 10_000;

  private record Key(InstanceName instance, Requirements requirements) {}

  private final Database database;
  private final ConcurrentHashMap<Key, Long> ids = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Queue> queues = new ConcurrentHashMap<>();

  Queues(Database database) {
    this.database = database;
  }

  /** The id of a queue, which is made if there is none. */
  long id(InstanceName instance, Requirements requirements) {
    Key key = new Key(instance, requirements);
    Long kept = ids.get(key);
    if (kept != null) {
      return kept;
    }
    // Positive, and chosen at random: a sequence goes back when a failover loses its latest steps.
    long fresh = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    long id = database.transaction(sql -> QueueRows.intern(sql, instance, requirements, fresh));
    if (ids.size() < MOST_KEPT) {
      ids.put(key, id);
    }
    return id;
  }

  /** A queue turned out not to be there any more. */
  void forget(InstanceName instance, Requirements requirements) {
    @Nullable Long unused = ids.remove(new Key(instance, requirements));
  }

  /** A queue that an action is in. */
  Queue get(long id) {
    Queue kept = queues.get(id);
    return kept == null ? database.transaction(sql -> get(sql, id)) : kept;
  }

  /** The same, for who is in a transaction. */
  Queue get(JdbcClient sql, long id) {
    Queue kept = queues.get(id);
    if (kept != null) {
      return kept;
    }
    Queue queue = QueueRows.get(sql, id);
    if (queues.size() < MOST_KEPT) {
      queues.put(id, queue);
    }
    return queue;
  }
}
