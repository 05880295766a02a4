package dev.millrace.execution.admin;

import dev.millrace.execution.scheduling.Offer;
import java.util.Set;
import java.util.stream.Collectors;

/** Pools as the platform property {@code pool} says; who says nothing is in the default one. */
public final class Pool {

  public static final String PROPERTY = "pool";
  public static final String DEFAULT = "default";

  private Pool() {}

  /** The pools that a worker is in. */
  static Set<String> of(Offer offer) {
    Set<String> named = offer.properties().getOrDefault(PROPERTY, Set.of());
    return named.isEmpty()
        ? Set.of(DEFAULT)
        : named.stream()
            .map(name -> name.isEmpty() ? DEFAULT : name)
            .collect(Collectors.toUnmodifiableSet());
  }
}
