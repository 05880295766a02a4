package dev.millrace.execution;

import dev.millrace.execution.admin.WorkerPattern;
import dev.millrace.execution.admin.WorkerStatus;
import dev.millrace.execution.admin.WorkerStatus.Occupation;
import dev.millrace.execution.admin.WorkerStatus.Presence;
import dev.millrace.execution.store.Workforce;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/**
 * {@code /actuator/workers}: who is there and does what. Parameters narrow the list, in patterns as
 * {@link DrainsEndpoint} takes them.
 */
@Endpoint(id = "workers")
final class WorkersEndpoint {

  private final Workforce workforce;

  WorkersEndpoint(Workforce workforce) {
    this.workforce = workforce;
  }

  /** All that match. */
  record Answer(List<Worker> workers) {}

  /** A worker in words that any reader of JSON has. */
  record Worker(
      String instance,
      String bot,
      String session,
      Presence presence,
      boolean drained,
      int capacity,
      SortedMap<String, Set<String>> properties,
      Instant seenAt,
      List<Occupation> work) {

    static Worker of(WorkerStatus worker) {
      SortedMap<String, Set<String>> properties = new TreeMap<>();
      for (Map.Entry<String, Set<String>> property : worker.offer().properties().entrySet()) {
        properties.put(property.getKey(), new TreeSet<>(property.getValue()));
      }
      return new Worker(
          worker.offer().instance().value(),
          worker.bot(),
          worker.session(),
          worker.presence(),
          worker.drained(),
          worker.capacity(),
          properties,
          worker.seenAt(),
          worker.work());
    }
  }

  @ReadOperation
  Answer list(@Nullable String instance, @Nullable String bot, @Nullable String property) {
    WorkerPattern pattern =
        instance == null && bot == null && property == null
            ? WorkerPattern.ALL
            : Requests.pattern(instance, bot, property);
    return new Answer(workforce.list(pattern).stream().map(Worker::of).toList());
  }
}
