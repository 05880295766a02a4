package dev.millrace.execution.scheduling;

import dev.millrace.execution.scheduling.Requirements.Property;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a worker is good for.
 *
 * @param instance the instance that it works for
 * @param below whether it works for the instances below that one as well, each with blobs of its
 *     own
 * @param properties the values that it offers, by name
 */
public record Offer(InstanceName instance, boolean below, Map<String, Set<String>> properties) {

  public Offer {
    properties =
        properties.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> Set.copyOf(e.getValue())));
  }

  /** A worker of a single instance. */
  public Offer(InstanceName instance, Map<String, Set<String>> properties) {
    this(instance, /* below= */ false, properties);
  }

  public boolean serves(InstanceName wanted) {
    return wanted.equals(instance) || (below && wanted.value().startsWith(instance.prefix()));
  }

  Set<String> values(String name) {
    return properties.getOrDefault(name, Set.of());
  }

  /** What the worker has of what actions use up. */
  public Resources resources() {
    return Resources.of(all());
  }

  /** Every single thing that is offered. */
  List<Property> all() {
    return properties.entrySet().stream()
        .flatMap(e -> e.getValue().stream().map(value -> new Property(e.getKey(), value)))
        .toList();
  }

  /** How many distinct things it can be asked for: what is good for little is used first. */
  int versatility() {
    return properties.values().stream().mapToInt(Set::size).sum();
  }
}
