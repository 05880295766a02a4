package dev.millrace.execution.store;

import dev.millrace.execution.store.LeaseRows.Held;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What leases were given for by this replica, lately, so that it need not be looked up when they
 * come back. What a task is does not change; whether the lease still counts is asked elsewhere.
 */
final class GivenTasks {

  private final Map<Held, Task> tasks;

  /**
   * @param most how many are remembered
   */
  GivenTasks(int most) {
    tasks =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Held, Task> eldest) {
            return size() > most;
          }
        };
  }

  synchronized void add(Map<Held, Task> given) {
    tasks.putAll(given);
  }

  /** Of a lease that comes back once, as a rule. */
  synchronized Optional<Task> take(Held held) {
    return Optional.ofNullable(tasks.remove(held));
  }
}
