package dev.millrace.worker.action;

import build.bazel.remote.execution.v2.ActionResult;

/** What became of an action that was run. Its result is complete as far as it got. */
public sealed interface ActionOutcome {

  ActionResult result();

  /** The command ended by itself, whatever its exit code. */
  record Finished(ActionResult result) implements ActionOutcome {}

  /** The command was stopped; {@code message} tells the client why. */
  record TimedOut(ActionResult result, String message) implements ActionOutcome {}

  /** The command used more of something than it may, which {@code message} names. */
  record OverLimit(ActionResult result, String message) implements ActionOutcome {}
}
