package dev.millrace.execution.scheduling;

import static dev.millrace.execution.scheduling.MatchingTest.offer;
import static dev.millrace.execution.scheduling.MatchingTest.requirements;
import static org.assertj.core.api.Assertions.assertThat;

import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.execution.operation.OperationEvent.AttemptFailed;
import dev.millrace.execution.operation.OperationEvent.Finished;
import dev.millrace.execution.operation.OperationEvent.HandedBack;
import dev.millrace.execution.operation.OperationEvent.Leased;
import dev.millrace.execution.operation.OperationEvent.Stopped;
import dev.millrace.execution.operation.OperationState;
import dev.millrace.execution.operation.OperationState.Completed;
import dev.millrace.execution.operation.OperationState.Executing;
import dev.millrace.execution.operation.OperationState.Queued;
import dev.millrace.execution.scheduling.Assignment.FreeBot;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Actions and bots of several kinds on virtual time, with bots that crash, leave and fail: no
 * action is lost or with two bots at once, attempts are bounded, and what is urgent does not wait
 * for what is not.
 */
final class SchedulingSimulationTest {

  private static final int MAX_ATTEMPTS = 3;
  private static final int ACTIONS = 300;
  private static final List<String> PLATFORMS =
      List.of("", "gpu=a", "pool=large", "OSFamily=Linux");
  private static final List<String> WORKERS =
      List.of("OSFamily=linux", "gpu=a OSFamily=linux", "pool=large pool=default OSFamily=linux");

  private final AttemptPolicy attempts = new AttemptPolicy(MAX_ATTEMPTS);
  private final Map<UUID, QueuedAction> actions = new LinkedHashMap<>();
  private final Map<UUID, OperationState> states = new HashMap<>();
  private final Map<UUID, String> avoided = new HashMap<>();
  private final Map<String, Bot> bots = new LinkedHashMap<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private long ids;

  private record Held(UUID action, UUID lease, Instant endsAt) {}

  private static final class Bot {
    final String session;
    final Offer offer;
    final int capacity;
    final List<Held> held = new ArrayList<>();

    Bot(String session, Offer offer, int capacity) {
      this.session = session;
      this.offer = offer;
      this.capacity = capacity;
    }
  }

  @RepeatedTest(20)
  void noActionIsLostAndNoneIsWithTwoBots() {
    long seed = System.nanoTime();
    System.out.println("SchedulingSimulation seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < WORKERS.size(); i++) {
      join(random, i);
    }
    int steps = 0;
    while (actions.size() < ACTIONS || !allOver()) {
      assertThat(++steps).as("steps, seed " + seed).isLessThan(20_000);
      now = now.plus(Duration.ofMillis(random.nextInt(1, 500)));
      if (actions.size() < ACTIONS && random.nextInt(3) > 0) {
        submit(random);
      }
      switch (random.nextInt(20)) {
        case 0 -> join(random, random.nextInt(WORKERS.size()));
        case 1 -> crash(random);
        case 2 -> leave(random);
        case 3 -> cancel(random);
        default -> {}
      }
      ensureEveryKindOfWorker(random);
      finish(random);
      assign();
      check();
    }
  }

  private boolean allOver() {
    return states.values().stream().allMatch(state -> state instanceof Completed);
  }

  private void submit(SplittableRandom random) {
    UUID id = new UUID(0, ids++);
    String platform = PLATFORMS.get(random.nextInt(PLATFORMS.size()));
    actions.put(
        id,
        new QueuedAction(
            id, InstanceName.ROOT, requirements(platform), random.nextInt(-2, 3), now, ""));
    states.put(id, OperationState.ACCEPTED);
  }

  private void join(SplittableRandom random, int kind) {
    String session = kind + "/" + ids++;
    bots.put(session, new Bot(session, offer(WORKERS.get(kind)), random.nextInt(1, 4)));
  }

  private void ensureEveryKindOfWorker(SplittableRandom random) {
    for (int i = 0; i < WORKERS.size(); i++) {
      int kind = i;
      if (bots.keySet().stream().noneMatch(session -> session.startsWith(kind + "/"))) {
        join(random, kind);
      }
    }
  }

  private Bot any(SplittableRandom random) {
    return List.copyOf(bots.values()).get(random.nextInt(bots.size()));
  }

  private void crash(SplittableRandom random) {
    Bot bot = any(random);
    bots.remove(bot.session);
    bot.held.forEach(held -> failed(bot, held));
  }

  private void leave(SplittableRandom random) {
    Bot bot = any(random);
    bots.remove(bot.session);
    for (Held held : bot.held) {
      if (random.nextBoolean()) {
        step(held.action(), state -> state.after(new HandedBack(held.lease())));
      } else {
        failed(bot, held);
      }
    }
  }

  private void cancel(SplittableRandom random) {
    if (actions.isEmpty()) {
      return;
    }
    UUID id = List.copyOf(actions.keySet()).get(random.nextInt(actions.size()));
    if (!(states.get(id) instanceof Completed)) {
      step(id, state -> state.after(new Stopped(ExecuteResponse.getDefaultInstance())));
      bots.values().forEach(bot -> bot.held.removeIf(held -> held.action().equals(id)));
    }
  }

  private void finish(SplittableRandom random) {
    for (Bot bot : bots.values()) {
      List<Held> done = bot.held.stream().filter(held -> !held.endsAt().isAfter(now)).toList();
      bot.held.removeAll(done);
      for (Held held : done) {
        if (random.nextInt(10) == 0) {
          failed(bot, held);
        } else {
          end(held);
        }
      }
    }
  }

  private void failed(Bot bot, Held held) {
    if (attempts.allowsAnotherAfter(states.get(held.action()).attempts())) {
      avoided.put(held.action(), bot.session);
      step(held.action(), state -> state.after(new AttemptFailed(held.lease())));
    } else {
      end(held);
    }
  }

  private void end(Held held) {
    ExecuteResponse response = ExecuteResponse.getDefaultInstance();
    step(held.action(), state -> state.after(new Finished(held.lease(), response)));
  }

  private void step(UUID action, java.util.function.UnaryOperator<OperationState> transition) {
    states.compute(action, (id, state) -> transition.apply(state));
  }

  private void assign() {
    List<QueuedAction> queued =
        actions.values().stream()
            .filter(action -> states.get(action.id()) instanceof Queued)
            .map(a ->
                new QueuedAction(
                    a.id(),
                    a.instance(),
                    a.requirements(),
                    a.priority(),
                    a.queuedAt(),
                    avoided.getOrDefault(a.id(), "")))
            .toList();
    List<FreeBot> free =
        bots.values().stream()
            .map(b -> new FreeBot(b.session, b.offer, b.capacity - b.held.size()))
            .toList();
    for (Assignment assignment : Assignment.of(queued, free)) {
      UUID lease = new UUID(1, ids++);
      step(assignment.action(), state -> state.after(new Leased(lease)));
      long length = 100 + 37 * (assignment.action().getLeastSignificantBits() % 50);
      bots.get(assignment.session())
          .held
          .add(new Held(assignment.action(), lease, now.plusMillis(length)));
    }
  }

  private void check() {
    Set<UUID> held = new HashSet<>();
    for (Bot bot : bots.values()) {
      assertThat(bot.held).hasSizeLessThanOrEqualTo(bot.capacity);
      for (Held one : bot.held) {
        assertThat(held.add(one.action())).as("with one bot only").isTrue();
        assertThat(states.get(one.action()))
            .isEqualTo(new Executing(states.get(one.action()).attempts(), one.lease()));
        assertThat(actions.get(one.action()).canRunOn(bot.offer)).isTrue();
      }
    }
    states.forEach((id, state) -> {
      assertThat(state.attempts()).isLessThanOrEqualTo(MAX_ATTEMPTS);
      assertThat(state instanceof Executing).as("executing is held").isEqualTo(held.contains(id));
    });
    // No bot has room for what waits.
    for (QueuedAction action : actions.values()) {
      if (states.get(action.id()) instanceof Queued) {
        assertThat(bots.values())
            .noneMatch(bot -> bot.held.size() < bot.capacity && action.canRunOn(bot.offer));
      }
    }
  }
}
