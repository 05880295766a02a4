package dev.millrace.actioncache;

import build.bazel.remote.execution.v2.ActionResult;
import dev.millrace.action.Provenance;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import java.util.Optional;

/**
 * Results of actions by the action's digest, apart by instance. Implementations are a back end or a
 * decorator that adds one concern, as with blobs. Safe for concurrent use.
 */
public interface ActionCache {

  /** The result of an action, if there is one that may be served. */
  Optional<ActionResult> get(InstanceName instance, Digest action);

  /**
   * Stores a result, in place of one that is there.
   *
   * @throws Failure.BlobsMissing if the cache requires the result's blobs to be stored, and some
   *     are not
   */
  void put(InstanceName instance, Digest action, ActionResult result, Provenance provenance);
}
