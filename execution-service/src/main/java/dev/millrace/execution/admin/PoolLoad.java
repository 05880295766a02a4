package dev.millrace.execution.admin;

/**
 * What there is to do in a pool, and who is there to do it. An action that several operations wait
 * for counts once, and takes one slot.
 *
 * @param queued actions that wait for a worker
 * @param executing actions that are with one
 * @param leaving those of {@code executing} that are with workers being drained
 * @param connected workers that are there, drained ones included
 * @param slotsPerWorker the mean capacity of the pool's workers, of those too that are not there
 *     just now but were within the memory of workers; 1 if none is known
 */
public record PoolLoad(
    String pool, long queued, long executing, long leaving, long connected, double slotsPerWorker) {

  /**
   * How many workers would leave nothing waiting: the slots wanted, that is {@code queued +
   * executing - leaving}, over the slots that a worker has, rounded up, at most {@code bound}. What
   * runs on drained workers ends there and needs nobody in their place.
   */
  public long desiredWorkers(long bound) {
    double slots = Math.max(0, queued + executing - leaving);
    return Math.min(bound, (long) Math.ceil(slots / Math.max(1, slotsPerWorker)));
  }
}
