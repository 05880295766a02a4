package dev.millrace.execution.scheduling;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Slots of bots that serve certain queues; those that are good for least else are taken first. */
final class CountedSlots implements Slots {

  private final TreeMap<Set<Long>, Integer> free =
      new TreeMap<>(Comparator.<Set<Long>>comparingInt(Set::size).thenComparing(Set::toString));
  private long questions;

  /** Adds slots that can serve any of the queues. */
  CountedSlots with(int count, Long... queues) {
    free.merge(Set.of(queues), count, Integer::sum);
    return this;
  }

  @Override
  public boolean left(long queue) {
    questions++;
    return first(queue).isPresent();
  }

  @Override
  public void take(long queue) {
    free.merge(first(queue).orElseThrow(), -1, Integer::sum);
  }

  private Optional<Set<Long>> first(long queue) {
    return free.entrySet().stream()
        .filter(entry -> entry.getValue() > 0 && entry.getKey().contains(queue))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** How often it was asked what is left. */
  long questions() {
    return questions;
  }
}
