package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Requirements.Property;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Amounts of what can be used up, by name: what a worker has, what its actions take of it, or what
 * is left. What is not named is not there.
 *
 * @param thousandths the amounts, in thousandths of a unit; none is negative
 */
public record Resources(Map<String, Long> thousandths) {

  public static final Resources NONE = new Resources(Map.of());

  public Resources {
    thousandths = Map.copyOf(thousandths);
    thousandths.forEach((name, amount) -> {
      if (amount < 0) {
        throw new IllegalArgumentException(name + ": must not be negative, is " + amount);
      }
    });
  }

  /**
   * The resources among properties. Of several amounts of one, the largest is meant; what is not an
   * amount is nothing.
   */
  static Resources of(Collection<Property> properties) {
    Map<String, Long> amounts = new TreeMap<>();
    for (Property property : properties) {
      ResourceName.of(property.name())
          .ifPresent(resource ->
              Amount.thousandths(property.value(), resource.unit())
                  .ifPresent(amount -> amounts.merge(resource.name(), amount, Math::max)));
    }
    return amounts.isEmpty() ? NONE : new Resources(amounts);
  }

  /** Whether there is as much of everything as {@code demand} names. */
  public boolean cover(Resources demand) {
    for (Map.Entry<String, Long> entry : demand.thousandths.entrySet()) {
      if (amount(entry.getKey()) < entry.getValue()) {
        return false;
      }
    }
    return true;
  }

  public Resources plus(Resources other) {
    if (other.thousandths.isEmpty()) {
      return this;
    }
    Map<String, Long> sum = new TreeMap<>(thousandths);
    other.thousandths.forEach((name, amount) -> sum.merge(name, amount, Resources::sum));
    return new Resources(sum);
  }

  /** What is left; a worker that offers less than it did may have nothing left, but not less. */
  public Resources minus(Resources other) {
    if (other.thousandths.isEmpty()) {
      return this;
    }
    Map<String, Long> left = new TreeMap<>(thousandths);
    left.replaceAll((name, amount) -> Math.max(0, amount - other.amount(name)));
    return new Resources(left);
  }

  /** Nobody means an amount so large that it does not fit. */
  private static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
  }

  long amount(String name) {
    return thousandths.getOrDefault(name, 0L);
  }
}
