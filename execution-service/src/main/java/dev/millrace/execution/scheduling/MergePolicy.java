package dev.millrace.execution.scheduling;

/** Which requests for one action share one run of it. */
public final class MergePolicy {

  private MergePolicy() {}

  /**
   * Equal actions in flight are run once, unless their result must not be reused. A request that
   * skips the cache may join as well: what is still in flight was not visible before.
   */
  public static boolean mayShareARun(boolean doNotCache) {
    return !doNotCache;
  }
}
