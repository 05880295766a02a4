package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Requirements.Property;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a worker can run what asks for certain properties: every demand is compared by its name.
 * Of resources it needs to have as much, were nothing else running there.
 */
public final class Matching {

  private static final Property DEFAULT_POOL =
      new Property(PropertyRule.POOL_NAME, PropertyRule.DEFAULT_POOL);

  private Matching() {}

  public static boolean matches(Requirements requirements, Offer offer) {
    return demands(requirements).stream().allMatch(demand -> meets(offer, demand));
  }

  /** The demands that a worker does not meet. */
  static List<Property> unmet(Requirements requirements, Offer offer) {
    return demands(requirements).stream().filter(demand -> !meets(offer, demand)).toList();
  }

  static boolean meets(Offer offer, Property demand) {
    return ResourceName.of(demand.name()).isPresent()
        ? isAmount(demand) && offer.resources().cover(Resources.of(List.of(demand)))
        : PropertyRule.of(demand.name()).met(demand.value(), offer.values(demand.name()));
  }

  /** Whether a demand is one that some worker could meet. */
  static boolean makesSense(Property demand) {
    return ResourceName.of(demand.name()).isEmpty() || isAmount(demand);
  }

  private static boolean isAmount(Property demand) {
    return !Resources.of(List.of(demand)).thousandths().isEmpty();
  }

  /** What is asked for, including the pool that goes without saying. */
  static List<Property> demands(Requirements requirements) {
    if (requirements.asksFor(PropertyRule.POOL_NAME)) {
      return requirements.properties();
    }
    List<Property> demands = new ArrayList<>(requirements.properties());
    demands.add(DEFAULT_POOL);
    return demands;
  }
}
