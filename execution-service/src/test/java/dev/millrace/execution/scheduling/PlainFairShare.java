package dev.millrace.execution.scheduling;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The fair order as it reads, without any thought of what it costs: to compare with. */
final class PlainFairShare {

  private final FairShare share;
  private final Collection<FlowState> flows;
  private final Instant now;
  private final List<Flow> given = new ArrayList<>();
  private final List<FlowState> servable;

  private PlainFairShare(FairShare share, Collection<FlowState> flows, Slots slots, Instant now) {
    this.share = share;
    this.flows = flows;
    this.now = now;
    this.servable = flows.stream().filter(state -> slots.left(state.flow().queue())).toList();
  }

  static List<Flow> order(FairShare share, Collection<FlowState> flows, Slots slots, Instant now) {
    PlainFairShare plain = new PlainFairShare(share, flows, slots, now);
    for (Optional<Flow> next = plain.next(slots); next.isPresent(); next = plain.next(slots)) {
      slots.take(next.get().queue());
      plain.given.add(next.get());
    }
    return plain.given;
  }

  private Optional<Flow> next(Slots slots) {
    List<FlowState> open =
        servable.stream()
            .filter(state -> state.queued() > given(state.flow()::equals))
            .filter(state -> slots.left(state.flow().queue()))
            .filter(state ->
                running(flow -> flow.team().equals(state.flow().team()))
                    < share.of(state.flow().team()).limit())
            .toList();
    return open.stream()
        .map(state -> state.flow().team())
        .distinct()
        .min(byTeam())
        .flatMap(team -> inTeam(open.stream().filter(s -> s.flow().team().equals(team)).toList()));
  }

  private Comparator<String> byTeam() {
    return Comparator.<String>comparingDouble(
            team -> (double) running(flow -> flow.team().equals(team)) / share.of(team).weight())
        .thenComparing(team -> since(flow -> flow.team().equals(team), servable))
        .thenComparing(Comparator.naturalOrder());
  }

  private Optional<Flow> inTeam(List<FlowState> open) {
    long urgency = open.stream().mapToLong(this::urgency).min().orElseThrow();
    // Those that wait as urgently, in their places since the round began.
    List<FlowState> peers = servable.stream().filter(s -> urgency(s) == urgency).toList();
    return open.stream()
        .filter(state -> urgency(state) == urgency)
        .min(
            Comparator.<FlowState>comparingLong(s -> running(f -> sameUser(f, s.flow())))
                .thenComparing(s -> since(f -> sameUser(f, s.flow()), peers))
                .thenComparing(s -> s.flow().user())
                .thenComparing(s -> running(f -> sameInvocation(f, s.flow())))
                .thenComparing(s -> since(f -> sameInvocation(f, s.flow()), peers))
                .thenComparing(s -> s.flow().invocation())
                .thenComparing(FlowState::oldest)
                .thenComparing(s -> s.flow().queue())
                .thenComparing(s -> s.flow().priority()))
        .map(FlowState::flow);
  }

  private long urgency(FlowState state) {
    return share.urgency(state.flow().priority(), state.oldest(), now);
  }

  private static boolean sameUser(Flow one, Flow other) {
    return one.team().equals(other.team()) && one.user().equals(other.user());
  }

  private static boolean sameInvocation(Flow one, Flow other) {
    return sameUser(one, other) && one.invocation().equals(other.invocation());
  }

  private long running(Predicate<Flow> which) {
    return given(which)
        + flows.stream().filter(s -> which.test(s.flow())).mapToLong(FlowState::running).sum();
  }

  private long given(Predicate<Flow> which) {
    return given.stream().filter(which).count();
  }

  private Instant since(Predicate<Flow> which, List<FlowState> waiting) {
    Instant oldest =
        waiting.stream()
            .filter(s -> which.test(s.flow()) && s.queued() > 0)
            .map(FlowState::oldest)
            .min(Comparator.naturalOrder())
            .orElseThrow();
    return Stream.concat(
            Stream.of(oldest),
            flows.stream().filter(s -> which.test(s.flow())).map(FlowState::served))
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }
}
