package dev.millrace.execution.operation;

import build.bazel.remote.execution.v2.ExecuteResponse;
import java.util.UUID;

/** What can happen to an action that was accepted. */
public sealed interface OperationEvent {

  /** A bot is given the action. */
  record Leased(UUID lease) implements OperationEvent {}

  /** Another bot is given the action as well, as the first takes long; the quicker one wins. */
  record LeasedAgain(UUID lease) implements OperationEvent {}

  /** The bot gives the action back and never began: the attempt does not count. */
  record HandedBack(UUID lease) implements OperationEvent {}

  /** The attempt came to nothing, for a reason that lies with the worker: another is due. */
  record AttemptFailed(UUID lease) implements OperationEvent {}

  /** A lease that is running brought the outcome, good or bad. */
  record Finished(UUID lease, ExecuteResponse response) implements OperationEvent {}

  /** The action is ended from outside, whether it runs or not. */
  record Stopped(ExecuteResponse response) implements OperationEvent {}
}
