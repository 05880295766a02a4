package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;

/** An action to run. */
public sealed interface ActionOrder {

  /** Whose blobs the action reads and writes. */
  InstanceName instance();

  /** What the action's digests are made with. */
  DigestFunction function();

  /** An action that is stored. */
  record Stored(InstanceName instance, Digest action) implements ActionOrder {
    @Override
    public DigestFunction function() {
      return action.function();
    }
  }

  /** An action that comes with the order. */
  record Inline(InstanceName instance, Action action, DigestFunction function)
      implements ActionOrder {}
}
