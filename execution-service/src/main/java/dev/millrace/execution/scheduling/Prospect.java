package dev.millrace.execution.scheduling;

import static java.util.stream.Collectors.joining;

import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.instance.InstanceName;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

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
    for (Property demand : requirements.properties()) {
      if (!Matching.makesSense(demand)) {
        return new Hopeless(demand, demand + " is no amount, such as 2, 0.5 or 4Gi");
      }
    }
    if (known.stream()
        .anyMatch(worker ->
            worker.present()
                && worker.offer().serves(instance)
                && Matching.matches(requirements, worker.offer()))) {
      return new Served();
    }
    List<KnownWorker> candidates =
        known.stream().filter(worker -> worker.offer().serves(instance)).toList();
    List<KnownWorker> matching =
        candidates.stream()
            .filter(worker -> Matching.matches(requirements, worker.offer()))
            .toList();
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
    Offer closest =
        offers.stream()
            .min(Comparator.comparingInt(offer -> Matching.unmet(requirements, offer).size()))
            .orElseThrow();
    List<Property> missing = Matching.unmet(requirements, closest);
    return new Hopeless(
        missing.getFirst(),
        "no worker offers all that is asked for at once; the closest one lacks "
            + missing.stream().map(demand -> lacking(demand, closest)).collect(joining(", ")));
  }

  private static String lacking(Property demand, Offer offer) {
    return ResourceName.of(demand.name())
        .flatMap(resource -> most(resource, List.of(offer)))
        .map(most -> "%s (it has %s)".formatted(demand, most))
        .orElseGet(demand::toString);
  }

  private static String offered(String name, List<Offer> offers) {
    return ResourceName.of(name)
        .flatMap(resource -> most(resource, offers))
        .map(most -> "the most that one has is " + most)
        .orElseGet(() -> values(name, offers));
  }

  /** The nearest to what no worker has enough of, in the worker's own words. */
  private static Optional<Property> most(ResourceName resource, List<Offer> offers) {
    return offers.stream()
        .flatMap(offer -> offer.all().stream())
        .max(Comparator.comparingLong(p -> Resources.of(List.of(p)).amount(resource.name())))
        .filter(p -> Resources.of(List.of(p)).amount(resource.name()) > 0);
  }

  private static String values(String name, List<Offer> offers) {
    String values =
        offers.stream()
            .flatMap(offer -> PropertyRule.of(name).offered(offer.values(name)).stream())
            .distinct()
            .sorted()
            .collect(joining(", "));
    return values.isEmpty() ? "workers offer no " + name : "workers offer " + name + "=" + values;
  }
}
