package dev.millrace.execution.scheduling;

import java.util.Comparator;
import java.util.List;

/**
 * What an action asks of a worker. Two actions with the same requirements wait in the same queue.
 *
 * @param properties sorted by name, then by value, without duplicates
 */
public record Requirements(List<Property> properties) {

  public static final Requirements NONE = new Requirements(List.of());

  /**
   * One demand.
   *
   * @param name not empty
   */
  public record Property(String name, String value) {
    public Property {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("a platform property needs a name");
      }
    }

    @Override
    public String toString() {
      return name + "=" + value;
    }
  }

  public Requirements {
    properties =
        properties.stream()
            .distinct()
            .sorted(Comparator.comparing(Property::name).thenComparing(Property::value))
            .toList();
  }

  /** What an action takes of a worker's resources while it runs there. */
  public Resources resources() {
    return Resources.of(properties);
  }

  boolean asksFor(String name) {
    return properties.stream().anyMatch(property -> property.name().equals(name));
  }
}
