package dev.millrace.actioncache.successful;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.util.Optional;

/**
 * Serves only results of actions that exited with 0. A failure may well be the machine's, and would
 * otherwise be repeated to everyone until it is evicted. Goes directly around the back end.
 *
 * <p>A failed result is taken without an error, since some clients send every result they have, but
 * not stored: a good one that is there stays.
 */
public final class FailureHidingActionCache implements ActionCache {

  private final ActionCache delegate;

  public FailureHidingActionCache(ActionCache delegate) {
    this.delegate = delegate;
  }

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    return delegate.get(instance, action).filter(FailureHidingActionCache::isSuccess);
  }

  @Override
  public void put(
      InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
    if (isSuccess(result)) {
      delegate.put(instance, action, result, provenance);
    }
  }

  private static boolean isSuccess(ActionResult result) {
    return result.getExitCode() == 0;
  }
}
