package dev.millrace.actioncache.inheriting;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import java.util.Optional;

/**
 * Serves an instance the results of the instances above it, nearest first, as its blobs are. Goes
 * outside of the checks that a result must pass: one that fails them gives way to the next above.
 */
public final class InheritingActionCache implements ActionCache {

  private final ActionCache delegate;

  public InheritingActionCache(ActionCache delegate) {
    this.delegate = delegate;
  }

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    Optional<ActionResult> result = delegate.get(instance, action);
    for (Optional<InstanceName> above = instance.parent();
        result.isEmpty() && above.isPresent();
        above = above.get().parent()) {
      result = delegate.get(above.get(), action);
    }
    return result;
  }

  @Override
  public void put(
      InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
    delegate.put(instance, action, result, provenance);
  }
}
