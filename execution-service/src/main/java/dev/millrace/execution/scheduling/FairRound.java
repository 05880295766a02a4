package dev.millrace.execution.scheduling;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One sharing out of slots. Every flow is put in its place once, and every slot moves one team, one
 * user and one invocation within theirs, so that the cost grows with the logarithm of the flows.
 */
final class FairRound {

  private final FairShare shares;
  private final Slots slots;
  private final Instant now;
  private final Account all = new Account("", TeamShare.EQUAL);
  private final Work work;
  private long comparisons;

  /** Something that is served one action at a time, until it has nothing more that has a slot. */
  private interface Work {
    Optional<Flow> next();
  }

  /** What a team, a user of it or an invocation of the user's has running, wherever that runs. */
  private static final class Account {
    final String name;
    final TeamShare share;
    final Map<String, Account> members = new HashMap<>();
    int running;
    Instant served = Instant.MIN;

    Account(String name, TeamShare share) {
      this.name = name;
      this.share = share;
    }

    Account member(String member, TeamShare memberShare) {
      return members.computeIfAbsent(member, key -> new Account(key, memberShare));
    }

    void add(FlowState state) {
      running += state.running();
      served = later(served, state.served());
    }
  }

  /** A flow of which something waits. */
  private static final class Waiting {
    final Flow flow;
    final Instant oldest;
    int left;

    Waiting(FlowState state) {
      this.flow = state.flow();
      this.oldest = state.oldest();
      this.left = state.queued();
    }
  }

  FairRound(FairShare shares, Collection<FlowState> flows, Slots slots, Instant now) {
    this.shares = shares;
    this.slots = slots;
    this.now = now;
    flows.forEach(this::count);
    Map<Long, Boolean> served = new HashMap<>();
    List<Waiting> waiting =
        flows.stream()
            .filter(state -> state.queued() > 0)
            .filter(state -> served.computeIfAbsent(state.flow().queue(), slots::left))
            .map(Waiting::new)
            .toList();
    this.work = new Line(all, waiting, Flow::team, MostUrgent::new);
  }

  private void count(FlowState state) {
    Flow flow = state.flow();
    Account team = all.member(flow.team(), shares.of(flow.team()));
    Account user = team.member(flow.user(), TeamShare.EQUAL);
    team.add(state);
    user.add(state);
    user.member(flow.invocation(), TeamShare.EQUAL).add(state);
  }

  List<Flow> order() {
    List<Flow> order = new ArrayList<>();
    for (Optional<Flow> next = work.next(); next.isPresent(); next = work.next()) {
      order.add(next.get());
    }
    return order;
  }

  /** What the order has cost so far. */
  long comparisons() {
    return comparisons;
  }

  private Work users(Account team, List<Waiting> waiting) {
    return new Line(team, waiting, Flow::user, this::invocations);
  }

  private Work invocations(Account user, List<Waiting> waiting) {
    return new Line(user, waiting, Flow::invocation, (invocation, flows) -> new OldestFirst(flows));
  }

  /** Those who share something stand in line; who was served goes back to their new place. */
  private final class Line implements Work {
    private final PriorityQueue<Claimant> claimants = new PriorityQueue<>(this::compare);

    Line(
        Account sharing,
        List<Waiting> waiting,
        Function<Flow, String> name,
        BiFunction<Account, List<Waiting>, Work> work) {
      waiting.stream()
          .collect(Collectors.groupingBy(one -> name.apply(one.flow)))
          .forEach((member, flows) -> {
            Account account = sharing.member(member, TeamShare.EQUAL);
            claimants.add(new Claimant(account, since(account, flows), work.apply(account, flows)));
          });
    }

    private int compare(Claimant one, Claimant other) {
      comparisons++;
      return one.compareTo(other);
    }

    private static Instant since(Account account, List<Waiting> flows) {
      Instant oldest =
          flows.stream().map(flow -> flow.oldest).min(Comparator.naturalOrder()).orElseThrow();
      return later(oldest, account.served);
    }

    @Override
    public Optional<Flow> next() {
      for (Claimant first = claimants.poll(); first != null; first = claimants.poll()) {
        Optional<Flow> served = first.isBelowLimit() ? first.work().next() : Optional.empty();
        if (served.isPresent()) {
          first.account().running++;
          claimants.add(first);
          return served;
        }
      }
      return Optional.empty();
    }
  }

  /**
   * One who stands in line.
   *
   * @param since how long they have been waiting for a turn
   */
  private record Claimant(Account account, Instant since, Work work)
      implements Comparable<Claimant> {

    @Override
    public int compareTo(Claimant other) {
      int byShare =
          Long.compare(
              (long) account.running * other.account.share.weight(),
              (long) other.account.running * account.share.weight());
      if (byShare != 0) {
        return byShare;
      }
      int bySince = since.compareTo(other.since);
      return bySince != 0 ? bySince : account.name.compareTo(other.account.name);
    }

    boolean isBelowLimit() {
      return account.running < account.share.limit();
    }
  }

  /** A team's work: only once nothing more urgent has a slot, the next is looked at. */
  private final class MostUrgent implements Work {
    private final Account team;
    private final Deque<List<Waiting>> later;
    private Work current;

    MostUrgent(Account team, List<Waiting> waiting) {
      this.team = team;
      this.later =
          new ArrayDeque<>(
              waiting.stream()
                  .collect(
                      Collectors.groupingBy(
                          one -> shares.urgency(one.flow.priority(), one.oldest, now),
                          TreeMap::new,
                          Collectors.toList()))
                  .values());
      this.current = users(team, later.pop());
    }

    @Override
    public Optional<Flow> next() {
      Optional<Flow> next = current.next();
      while (next.isEmpty() && !later.isEmpty()) {
        // Not before, as its order depends on what runs by then.
        current = users(team, later.pop());
        next = current.next();
      }
      return next;
    }
  }

  /** An invocation's flows of one urgency. */
  private final class OldestFirst implements Work {
    private static final Comparator<Waiting> AGE =
        Comparator.<Waiting, Instant>comparing(waiting -> waiting.oldest)
            .thenComparingLong(waiting -> waiting.flow.queue())
            .thenComparingInt(waiting -> waiting.flow.priority());

    private final Deque<Waiting> flows;

    OldestFirst(List<Waiting> flows) {
      this.flows = new ArrayDeque<>(flows.stream().sorted(AGE).toList());
    }

    @Override
    public Optional<Flow> next() {
      for (Waiting first = flows.peek(); first != null; first = flows.peek()) {
        Flow flow = first.flow;
        if (first.left > 0 && slots.left(flow.queue())) {
          slots.take(flow.queue());
          first.left--;
          return Optional.of(flow);
        }
        flows.pop();
      }
      return Optional.empty();
    }
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }
}
