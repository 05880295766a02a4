package dev.millrace.execution.store;

import build.bazel.remote.execution.v2.Action;
import dev.millrace.digest.Digest;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.instance.InstanceName;
import java.time.Duration;

/**
 * An action that was found fit to run.
 *
 * @param digest the action's
 * @param action the action as the worker is to get it
 * @param mergeable whether other requests for the action may share the run
 * @param doNotCache whether its result must not be kept
 * @param priority lower runs earlier
 * @param timeout how long the command may run
 * @param origin on whose behalf
 */
public record Submission(
    InstanceName instance,
    Digest digest,
    Action action,
    Requirements requirements,
    boolean mergeable,
    boolean doNotCache,
    int priority,
    Duration timeout,
    Origin origin) {

  /** The same, for a run that nobody else shares. */
  Submission alone() {
    return new Submission(
        instance, digest, action, requirements, false, doNotCache, priority, timeout, origin);
  }

  /** Whom the action counts for when work is shared out. */
  Party party() {
    return Party.of(instance);
  }

  /** On whose behalf an action runs, as its caller says. What is not known is empty. */
  public record Origin(String tool, String invocation, String target, String mnemonic) {
    public static final Origin UNKNOWN = new Origin("", "", "", "");
  }
}
