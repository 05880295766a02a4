package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.instance.InstanceName;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** What an action can hope for, given the workers that are known, in words for a person. */
public sealed interface Prospect {

  /**
   * A worker, and whether it is here.
   *
   * @param present false for one that was here before and may come back
   */
  record KnownWorker(Offer offer, boolean present) {}

  /** A worker that is here can run it. */
  record Served() implements Prospect {}

  /** It has to wait for a worker that is not here. */
  record Waiting(String reason) implements Prospect {}

  /**
   * No worker that was ever here could run it.
   *
   * @param property a demand that is not met
   */
  record Hopeless(Property property, String reason) implements Prospect {}

  static Prospect of(
      InstanceName instance, Requirements requirements, Collection<KnownWorker> known) {
    List<KnownWorker> candidates =
        known.stream().filter(worker -> worker.offer().serves(instance)).toList();
    List<KnownWorker> matching =
        candidates.stream()
            .filter(worker -> Matching.matches(requirements, worker.offer()))
            .toList();
    if (matching.stream().anyMatch(KnownWorker::present)) {
      return new Served();
    }
    if (!matching.isEmpty()) {
      return new Waiting(
          "the %d worker(s) that could run this action are not connected just now"
              .formatted(matching.size()));
    }
    if (candidates.isEmpty()) {
      return new Waiting(
          "no worker has connected yet for instance '%s'".formatted(instance.value()));
    }
    return hopeless(requirements, candidates.stream().map(KnownWorker::offer).toList());
  }

  /** Names a demand that nobody meets, or else the one that the closest worker fails. */
  private static Hopeless hopeless(Requirements requirements, List<Offer> offers) {
    for (Property demand : Matching.demands(requirements)) {
      if (offers.stream().noneMatch(offer -> Matching.meets(offer, demand))) {
        return new Hopeless(
            demand, "no worker offers %s; %s".formatted(demand, offered(demand.name(), offers)));
      }
    }
    List<Property> missing =
        offers.stream()
            .map(offer -> Matching.unmet(requirements, offer))
            .min(Comparator.comparingInt(List::size))
            .orElseThrow();
    return new Hopeless(
        missing.getFirst(),
        "no worker offers all that is asked for at once; the closest one lacks "
            + missing.stream().map(Property::toString).collect(Collectors.joining(", ")));
  }

  private static String offered(String name, List<Offer> offers) {
    String values =
        offers.stream()
            .flatMap(offer -> PropertyRule.of(name).offered(offer.values(name)).stream())
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    return values.isEmpty() ? "workers offer no " + name : "workers offer " + name + "=" + values;
  }
}
