package dev.millrace.execution.scheduling.simulation;

import dev.millrace.execution.scheduling.Flow;
import dev.millrace.execution.scheduling.Likeness;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.execution.scheduling.Resources;
import dev.millrace.execution.scheduling.Work;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Collectors;

/** What clients send when: invocations of several teams, each of which comes in bursts. */
final class Load {

  /** What actions ask for, by queue. */
  static final Map<Long, Work> QUEUES =
      Map.of(
          1L, work(),
          2L, work(new Property("OSFamily", "Linux")),
          3L, work(new Property("resource:cpus", "1")),
          4L, work(new Property("resource:cpus", "2.5")),
          5L, work(new Property("gpu", "a")),
          6L, work(new Property("pool", "large")));

  static final Map<Long, Resources> DEMANDS =
      QUEUES.entrySet().stream()
          .collect(
              Collectors.toUnmodifiableMap(
                  Map.Entry::getKey, entry -> entry.getValue().requirements().resources()));

  static final List<String> TEAMS = List.of("red", "green", "blue");

  private static final int MNEMONICS = 4;

  private final List<SimulatedTask> tasks = new ArrayList<>();
  private int next;

  private static Work work(Property... properties) {
    return new Work(InstanceName.ROOT, new Requirements(List.of(properties)));
  }

  Load(SplittableRandom random, int invocations, int actions, Instant start) {
    for (int i = 0; i < invocations; i++) {
      String team = TEAMS.get(i % TEAMS.size());
      String user = "user-" + random.nextInt(3);
      int priority = random.nextInt(-2, 3);
      int begins = random.nextInt(8_000);
      int lasts = random.nextInt(1, 6_000);
      for (int j = 0; j < actions / invocations; j++) {
        long queue = random.nextInt(1, 1 + (random.nextInt(3) == 0 ? QUEUES.size() : 3));
        int mnemonic = random.nextInt(MNEMONICS);
        tasks.add(
            new SimulatedTask(
                new UUID(1, tasks.size()),
                // Some are the same as another invocation's.
                random.nextInt(4) == 0 ? -1 - random.nextInt(300) : tasks.size(),
                new Flow(queue, team, user, "invocation-" + i, priority),
                QUEUES.get(queue),
                new Likeness("", "Mnemonic" + mnemonic, "//:all"),
                Duration.ofMillis(random.nextInt(100, 400) * (1L << mnemonic)),
                start.plusMillis(begins + random.nextInt(lasts))));
      }
    }
    tasks.sort(Comparator.comparing(task -> task.queuedAt));
  }

  /** What was sent until now and not handed out before. */
  List<SimulatedTask> due(Instant now) {
    int from = next;
    while (next < tasks.size() && !tasks.get(next).queuedAt.isAfter(now)) {
      next++;
    }
    return tasks.subList(from, next);
  }

  boolean isOver() {
    return next == tasks.size();
  }

  int size() {
    return tasks.size();
  }
}
