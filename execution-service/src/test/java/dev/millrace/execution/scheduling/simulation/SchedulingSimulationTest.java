package dev.millrace.execution.scheduling.simulation;

import dev.millrace.execution.operation.VisitedTransitions;
import org.junit.jupiter.api.Test;

/**
 * No action is lost, none is begun twice without a cause, shares are fair, limits hold and nothing
 * starves, whatever fails. {@code -Dmillrace.simulation.seeds=1000} is the long form, and {@code
 * -Dmillrace.simulation.seed} repeats one.
 */
final class SchedulingSimulationTest {

  private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", 20);
  private static final long FIRST = Long.getLong("millrace.simulation.seed", System.nanoTime());

  /** With as many, whatever can happen to an operation has happened to one. */
  private static final int ENOUGH = 200;

  @Test
  void whateverFailsNothingIsLostRepeatedOrUnfair() {
    System.out.printf("scheduling simulation: %d seeds from %d%n", SEEDS, FIRST);
    VisitedTransitions transitions = new VisitedTransitions();
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      try {
        new Simulation(seed, transitions).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "repeat it with -Dmillrace.simulation.seeds=1 -Dmillrace.simulation.seed=" + seed, e);
      }
    }
    if (SEEDS >= ENOUGH) {
      transitions.assertComplete();
    }
  }
}
