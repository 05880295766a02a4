package dev.millrace.execution.scheduling;

/**
 * What a team may have of the workers.
 *
 * @param weight at least one; a team of weight two runs twice as much as one of weight one, while
 *     both have work
 * @param limit how many of its actions run at most, at least one
 */
public record TeamShare(int weight, int limit) {

  /** A team like any other, without a limit. */
  public static final TeamShare EQUAL = new TeamShare(1, Integer.MAX_VALUE);

  public TeamShare {
    if (weight < 1) {
      throw new IllegalArgumentException("weight: must be at least 1, is " + weight);
    }
    if (limit < 1) {
      throw new IllegalArgumentException("limit: must be at least 1, is " + limit);
    }
  }
}
