package dev.millrace.execution.api;

import build.bazel.remote.execution.v2.Action;
import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteResponse;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.actioncache.inlining.InliningWishes;
import dev.millrace.digest.Digest;
import dev.millrace.execution.input.ActionInputs;
import dev.millrace.execution.input.ActionInputs.RunnableAction;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.scheduling.MergePolicy;
import dev.millrace.execution.scheduling.Prospect;
import dev.millrace.execution.scheduling.Requirements;
import dev.millrace.execution.scheduling.TimeoutPolicy;
import dev.millrace.execution.store.Entered;
import dev.millrace.execution.store.OperationStore;
import dev.millrace.execution.store.SessionStore;
import dev.millrace.execution.store.Submission;
import dev.millrace.execution.store.Submission.Origin;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.error.FailureStatuses;
import dev.millrace.instance.InstanceName;
import java.time.Duration;
import java.util.Optional;

/**
 * Turns a request for an action into an operation: one that is over because the result is known,
 * one that shares a run, or one that waits in the queue. What can be refused is refused here.
 */
public final class Admission {

  /** It is kept with the queue. */
  private static final int MAX_ACTION_BYTES = 1024 * 1024;

  /** More missing blobs than these are too many for a call's trailers. */
  private static final int MISSING_IN_TRAILERS = 15;

  private final ActionCache actionCache;
  private final ActionInputs inputs;
  private final OperationStore operations;
  private final SessionStore sessions;
  private final TimeoutPolicy timeouts;
  private final FailureStatuses statuses;

  public Admission(
      ActionCache actionCache,
      ActionInputs inputs,
      OperationStore operations,
      SessionStore sessions,
      TimeoutPolicy timeouts,
      FailureStatuses statuses) {
    this.actionCache = actionCache;
    this.inputs = inputs;
    this.operations = operations;
    this.sessions = sessions;
    this.timeouts = timeouts;
    this.statuses = statuses;
  }

  /**
   * A request whose own fields are in order.
   *
   * @param skipCache whether to run the action even if its result is known
   */
  record Order(
      InstanceName instance,
      Digest digest,
      boolean skipCache,
      int priority,
      InliningWishes wishes,
      Origin origin) {}

  Entered admit(Order order) {
    if (!order.skipCache()) {
      Optional<ActionResult> known = actionCache.get(order.instance(), order.digest());
      if (known.isPresent()) {
        return over(order, Endings.known(known.get()));
      }
    }
    // What runs already was found fit when it was queued.
    return operations
        .join(order.instance(), order.digest(), order.priority(), order.wishes())
        .orElseGet(() -> queueOrNameMissing(order));
  }

  /** An operation that is over before it began. */
  private Entered over(Order order, ExecuteResponse response) {
    Submission nothing =
        submission(order, Action.getDefaultInstance(), Requirements.NONE, Duration.ZERO);
    return operations.remember(nothing, response, order.wishes());
  }

  /** All missing blobs are named at once: in the refusal, or in a response if they are many. */
  private Entered queueOrNameMissing(Order order) {
    try {
      return queue(order);
    } catch (Failure.BlobsMissing missing) {
      if (missing.digests().size() <= MISSING_IN_TRAILERS) {
        throw missing;
      }
      return over(order, Endings.failed(statuses.of(missing)));
    }
  }

  private Entered queue(Order order) {
    if (order.digest().sizeBytes() > MAX_ACTION_BYTES) {
      throw new Failure.InvalidRequest(
          "action_digest", "an Action has at most " + MAX_ACTION_BYTES + " bytes");
    }
    RunnableAction runnable = inputs.require(order.instance(), order.digest());
    if (runnable.command().getArgumentsCount() == 0) {
      throw new Failure.InvalidRequest("command.arguments", "must name a program");
    }
    Duration timeout = timeout(runnable.action());
    Requirements requirements =
        PlatformMessages.requirements(runnable.action(), runnable.command());
    refuseHopeless(order.instance(), requirements);
    Action action =
        runnable.action().toBuilder().setTimeout(DurationMessages.toProto(timeout)).build();
    return operations.submit(submission(order, action, requirements, timeout), order.wishes());
  }

  private Duration timeout(Action action) {
    if (!action.hasTimeout()) {
      return timeouts.of(Optional.empty());
    }
    return timeouts.of(
        Optional.of(DurationMessages.fromProto(action.getTimeout(), "action.timeout")));
  }

  private void refuseHopeless(InstanceName instance, Requirements requirements) {
    if (Prospect.of(instance, requirements, sessions.known()) instanceof Prospect.Hopeless
        // A worker may have come since.
        && Prospect.of(instance, requirements, sessions.knownNow())
            instanceof Prospect.Hopeless hopeless) {
      throw new Failure.PreconditionFailed(hopeless.property().name(), hopeless.reason());
    }
  }

  private static Submission submission(
      Order order, Action action, Requirements requirements, Duration timeout) {
    return new Submission(
        order.instance(),
        order.digest(),
        action,
        requirements,
        MergePolicy.mayShareARun(action.getDoNotCache()),
        action.getDoNotCache(),
        order.priority(),
        timeout,
        order.origin());
  }
}
