package dev.millrace.execution.store;

import dev.millrace.execution.scheduling.Flow;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What came of giving out work.
 *
 * @param leases how many each session was given
 * @param full sessions that turned out to have less room than was thought
 * @param turns the flows that were served, one for each lease
 * @param isAll whether nothing was left for another round because of a round's size
 */
public record Given(
    Map<String, Integer> leases, Set<String> full, List<Flow> turns, boolean isAll) {

  public static final Given NOTHING = new Given(Map.of(), Set.of(), List.of(), true);
}
