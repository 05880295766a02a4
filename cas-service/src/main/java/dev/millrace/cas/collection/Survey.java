package dev.millrace.cas.collection;

import dev.millrace.cas.index.Tally;
import dev.millrace.cas.index.Usage;
import dev.millrace.instance.InstanceName;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** How many blobs there are and of how many bytes, by instance and age. Used by one thread. */
final class Survey {

  private final AgeScale scale;
  private final Map<Integer, Share> shares = new HashMap<>();
  private Tally condemned = Tally.NONE;

  Survey(AgeScale scale) {
    this.scale = scale;
  }

  void add(Usage usage) {
    if (usage.condemned()) {
      condemned = condemned.plus(usage.tally());
    } else {
      shares
          .computeIfAbsent(usage.instance(), instance -> new Share(instance, scale))
          .add(usage.age(), usage.tally());
    }
  }

  AgeScale scale() {
    return scale;
  }

  /** What was condemned before, and is on its way out. */
  Tally condemned() {
    return condemned;
  }

  /** What each instance has that nobody has condemned. */
  Map<InstanceName, Share> shares(Map<Integer, InstanceName> names) {
    Map<InstanceName, Share> named = new TreeMap<>(Round.BY_NAME);
    shares.forEach((number, share) ->
        named.put(Objects.requireNonNull(names.get(number), "an instance without a name"), share));
    return named;
  }
}
