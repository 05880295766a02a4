package dev.millrace.actioncache.completeness;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a result only if everything it refers to is stored: output files, standard streams, trees
 * and all files in them, directory hierarchies. A client that builds without the bytes relies on
 * that, for it fetches some of them only much later; the check makes the store keep all of them for
 * its retention time. Goes outside of a back end that knows nothing of blobs.
 *
 * <p>Trees are read to be followed, up to a limit. A result whose trees are larger, or are no
 * trees, is not served and not taken.
 */
public final class CompletenessCheckingActionCache implements ActionCache {

  private static final Logger LOG = LoggerFactory.getLogger(CompletenessCheckingActionCache.class);

  private final ActionCache delegate;
  private final BlobStore blobs;
  private final long maxTreeBytes;

  /**
   * @param blobs where results' blobs are, under the same instance
   * @param maxTreeBytes the most bytes of trees and directories that are read for one result
   */
  public CompletenessCheckingActionCache(ActionCache delegate, BlobStore blobs, long maxTreeBytes) {
    this.delegate = delegate;
    this.blobs = blobs;
    this.maxTreeBytes = maxTreeBytes;
  }

  @Override
  public Optional<ActionResult> get(InstanceName instance, Digest action) {
    return delegate.get(instance, action).filter(result -> isComplete(instance, action, result));
  }

  private boolean isComplete(InstanceName instance, Digest action, ActionResult result) {
    try {
      return missing(instance, action, result).isEmpty();
    } catch (Failure.InvalidRequest | Failure.Exhausted e) {
      LOG.warn("The result of {} in '{}' is not served: {}", action, instance, e.getMessage());
      return false;
    }
  }

  @Override
  public void put(
      InstanceName instance, Digest action, ActionResult result, Provenance provenance) {
    Set<Digest> missing = missing(instance, action, result);
    if (!missing.isEmpty()) {
      throw new Failure.BlobsMissing("the result of action " + action, List.copyOf(missing));
    }
    delegate.put(instance, action, result, provenance);
  }

  private Set<Digest> missing(InstanceName instance, Digest action, ActionResult result) {
    return new ResultClosure(blobs, instance, action.function(), maxTreeBytes).missing(result);
  }
}
