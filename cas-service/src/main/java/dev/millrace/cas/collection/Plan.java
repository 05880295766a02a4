package dev.millrace.cas.collection;

import dev.millrace.cas.index.Cut;
import dev.millrace.cas.index.Tally;
import dev.millrace.instance.InstanceName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What has to go so that all limits are kept: of each instance what was used longest ago. Limits
 * are looked at in their order, each finding what the ones before it have left.
 */
final class Plan {

  private final AgeScale scale;
  private final Map<InstanceName, Share> shares;
  private final List<Shortfall> shortfalls = new ArrayList<>();

  private Plan(AgeScale scale, Map<InstanceName, Share> shares) {
    this.scale = scale;
    this.shares = shares;
  }

  static Plan of(Survey survey, Map<Integer, InstanceName> names, List<Limit> limits) {
    Plan plan = new Plan(survey.scale(), survey.shares(names));
    limits.forEach(plan::keep);
    return plan;
  }

  private void keep(Limit limit) {
    List<Share> covered =
        shares.entrySet().stream()
            .filter(entry -> limit.scope().covers(entry.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    long left = covered.stream().mapToLong(Share::left).sum();
    if (left > limit.high()) {
      long still = take(covered, left - limit.low());
      if (still > 0) {
        shortfalls.add(new Shortfall(limit, still));
      }
    }
  }

  /** Takes the oldest of all; returns what could not be taken. */
  private long take(List<Share> covered, long excess) {
    long still = excess;
    for (int age = 0; age < scale.tooRecent() && still > 0; age++) {
      for (Share share : covered) {
        still -= share.take(age, still);
      }
    }
    return still;
  }

  /** Limits that cannot be kept, because what was used lately stays. */
  List<Shortfall> shortfalls() {
    return shortfalls;
  }

  List<Cut> cuts() {
    return shares.values().stream().flatMap(share -> share.cut().stream()).toList();
  }

  Map<InstanceName, Tally> stored() {
    return tallies(Share::sum);
  }

  /** What goes, by instance. */
  Map<InstanceName, Tally> going() {
    Map<InstanceName, Tally> going = tallies(Share::sumTaken);
    going.values().removeIf(Tally.NONE::equals);
    return going;
  }

  private Map<InstanceName, Tally> tallies(Function<Share, Tally> tally) {
    Map<InstanceName, Tally> tallies = new TreeMap<>(Round.BY_NAME);
    shares.forEach((instance, share) -> tallies.put(instance, tally.apply(share)));
    return tallies;
  }
}
