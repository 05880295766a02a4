package dev.millrace.execution.scheduling;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which bots can do which of the work that waits, found out once for all bots that offer the same.
 */
final class Suitability {

  private final List<Work> works;
  private final Map<Offer, Offered> offers = new HashMap<>();
  private final Map<Work, Resources> demands = new HashMap<>();

  /** What bots have in common that offer the same. */
  record Offered(Usefulness usefulness, Resources resources, Collection<Work> works) {}

  /**
   * How much else a bot could be used for: what is good for little is used first, so that special
   * ones stay free for what needs them.
   *
   * @param works how much of the work that waits now it could do
   * @param properties how many different things it offers
   */
  record Usefulness(int works, int properties) implements Comparable<Usefulness> {
    @Override
    public int compareTo(Usefulness other) {
      int byWorks = Integer.compare(works, other.works);
      return byWorks != 0 ? byWorks : Integer.compare(properties, other.properties);
    }
  }

  Suitability(Collection<Work> works) {
    this.works = works.stream().distinct().toList();
  }

  Offered of(Offer offer) {
    return offers.computeIfAbsent(offer, this::find);
  }

  private Offered find(Offer offer) {
    Collection<Work> served =
        works.stream()
            .filter(work -> work.canRunOn(offer))
            .collect(Collectors.toSet());
    return new Offered(
        new Usefulness(served.size(), offer.versatility()), offer.resources(), served);
  }

  Resources demand(Work work) {
    return demands.computeIfAbsent(work, wanted -> wanted.requirements().resources());
  }
}
