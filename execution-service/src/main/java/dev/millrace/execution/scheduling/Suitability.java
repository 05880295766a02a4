package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Requirements.Property;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which bots can do which of the work that waits, found out once for all bots that offer the same.
 */
final class Suitability {

  private final Map<Work, Wanted> works = new LinkedHashMap<>();
  private final Map<Offer, Offered> offers = new HashMap<>();

  /** Most bots come with the very offer of others, or of the round before. */
  private final IdentityHashMap<Offer, Offered> same = new IdentityHashMap<>();

  /**
   * Some work that waits.
   *
   * @param number tells it from the others
   * @param properties what a bot has to offer, but for resources
   */
  record Wanted(int number, Work work, List<Property> properties, Resources resources) {

    private boolean metBy(Offer offer, Resources offered) {
      return offer.serves(work.instance())
          && offered.cover(resources)
          && properties.stream().allMatch(property -> Matching.meets(offer, property));
    }
  }

  /**
   * What bots have in common that offer the same.
   *
   * @param works the numbers of the work that they can do
   */
  record Offered(Usefulness usefulness, Resources resources, BitSet works) {

    boolean isFor(Wanted wanted) {
      return works.get(wanted.number());
    }
  }

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

  Suitability(Collection<Work> waiting) {
    waiting.forEach(work -> works.computeIfAbsent(work, this::wanted));
  }

  private Wanted wanted(Work work) {
    List<Property> properties = new ArrayList<>(Matching.demands(work.requirements()));
    properties.removeIf(
        property -> ResourceName.of(property.name()).isPresent() && Matching.makesSense(property));
    return new Wanted(works.size(), work, properties, work.requirements().resources());
  }

  /** Work that is among what waits. */
  Wanted of(Work work) {
    Wanted wanted = works.get(work);
    if (wanted == null) {
      throw new IllegalArgumentException(work + " is not among what waits");
    }
    return wanted;
  }

  Offered of(Offer offer) {
    Offered known = same.get(offer);
    if (known == null) {
      known = offers.computeIfAbsent(offer, this::find);
      same.put(offer, known);
    }
    return known;
  }

  private Offered find(Offer offer) {
    Resources resources = offer.resources();
    BitSet served = new BitSet();
    works.values().stream()
        .filter(wanted -> wanted.metBy(offer, resources))
        .forEach(wanted -> served.set(wanted.number()));
    return new Offered(
        new Usefulness(served.cardinality(), offer.versatility()), resources, served);
  }
}
