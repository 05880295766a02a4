package dev.millrace.execution.scheduling.simulation;

import dev.millrace.execution.scheduling.Offer;
import dev.millrace.instance.InstanceName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** All bots, of several kinds, and the replicas that they are connected to. */
final class Fleet {

  static final List<Offer> KINDS =
      List.of(
          offer(Map.of("OSFamily", "linux")),
          offer(Map.of("OSFamily", "linux", "resource:cpus", "4")),
          offer(Map.of("OSFamily", "linux", "resource:cpus", "8", "gpu", "a")),
          new Offer(
              InstanceName.ROOT,
              Map.of("OSFamily", Set.of("linux"), "pool", Set.of("large", "default"))));

  private static final int CAPACITY = 3;

  private final SplittableRandom random;
  private final int replicas;
  private final Map<String, SimulatedBot> bots = new LinkedHashMap<>();
  private final List<Integer> missing = new ArrayList<>();
  private int sessions;

  private static Offer offer(Map<String, String> properties) {
    Map<String, Set<String>> offered = new LinkedHashMap<>();
    properties.forEach((name, value) -> offered.put(name, Set.of(value)));
    return new Offer(InstanceName.ROOT, offered);
  }

  Fleet(SplittableRandom random, int size, int replicas) {
    this.random = random;
    this.replicas = replicas;
    for (int i = 0; i < size; i++) {
      join(i % KINDS.size());
    }
  }

  private void join(int kind) {
    String session = "kind-" + kind + "/" + ++sessions;
    SimulatedBot bot =
        new SimulatedBot(session, KINDS.get(kind), random.nextInt(1, CAPACITY + 1), random.split());
    bot.replica = random.nextInt(replicas);
    bots.put(session, bot);
  }

  Collection<SimulatedBot> bots() {
    return bots.values();
  }

  SimulatedBot bot(String session) {
    return bots.get(session);
  }

  SimulatedBot any() {
    List<SimulatedBot> all = List.copyOf(bots.values());
    return all.get(random.nextInt(all.size()));
  }

  /** The bot is no more; another one takes its place some time later. */
  void lose(SimulatedBot bot) {
    bots.remove(bot.session);
    missing.add(KINDS.indexOf(bot.offer));
  }

  /** One that was lost is replaced. */
  void recover() {
    if (!missing.isEmpty()) {
      join(missing.removeFirst());
    }
  }

  /** Bots whose replica is gone find another one. */
  void move(int lost) {
    bots.values().stream()
        .filter(bot -> bot.replica == lost)
        .forEach(bot -> bot.replica = random.nextInt(replicas));
  }

  /** Where bots can be told at once, and hear. */
  List<SimulatedBot> connectedTo(int replica, Instant now) {
    return bots.values().stream()
        .filter(bot -> bot.replica == replica && !bot.silentUntil.isAfter(now))
        .toList();
  }
}
