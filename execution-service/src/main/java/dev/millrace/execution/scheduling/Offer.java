package dev.millrace.execution.scheduling;

import dev.millrace.instance.InstanceName;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a worker is good for.
 *
 * @param instance the instance that it works for
 * @param properties the values that it offers, by name
 */
public record Offer(InstanceName instance, Map<String, Set<String>> properties) {

  public Offer {
    properties =
        properties.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> Set.copyOf(e.getValue())));
  }

  public boolean serves(InstanceName wanted) {
    return wanted.equals(instance);
  }

  Set<String> values(String name) {
    return properties.getOrDefault(name, Set.of());
  }

  /** How many distinct things it can be asked for: what is good for little is used first. */
  int versatility() {
    return properties.values().stream().mapToInt(Set::size).sum();
  }
}
