package dev.millrace.execution.workers;

import build.bazel.remote.execution.v2.ActionResult;
import build.bazel.remote.execution.v2.ExecuteResponse;
import com.google.devtools.remoteworkers.v1test2.Lease;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.millrace.action.Provenance;
import dev.millrace.action.ReferencedBlobs;
import dev.millrace.actioncache.ActionCache;
import dev.millrace.digest.Digest;
import dev.millrace.execution.input.ActionInputs;
import dev.millrace.execution.operation.Endings;
import dev.millrace.execution.store.LeaseStore;
import dev.millrace.execution.store.Task;
import dev.millrace.failure.Failure;
import dev.millrace.grpc.error.FailureStatuses;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what a completed lease means for its action: the end, or another attempt. A result that
 * may be reused is in the action cache before anybody hears of it.
 */
public final class LeaseSettlement {

  private static final Logger log = LoggerFactory.getLogger(LeaseSettlement.class);

  private final LeaseStore leases;
  private final ActionInputs inputs;
  private final ActionCache actionCache;
  private final FailureStatuses statuses;

  public LeaseSettlement(
      LeaseStore leases, ActionInputs inputs, ActionCache actionCache, FailureStatuses statuses) {
    this.leases = leases;
    this.inputs = inputs;
    this.actionCache = actionCache;
    this.statuses = statuses;
  }

  /** One completed lease of a bot's, and the action that it was for. */
  private record Report(UUID lease, String session, String botId, Task task) {}

  /**
   * Takes a lease that a bot is done with. It may be reported many times, to several replicas; once
   * it counts.
   *
   * @throws Failure.Unavailable if it cannot be settled just now: the bot is to report it again
   */
  void settle(String session, String botId, Lease lease) {
    Optional<UUID> id = BotMessages.id(lease);
    if (id.isEmpty()) {
      return;
    }
    Optional<Task> task = leases.taskOf(id.get(), session);
    if (task.isEmpty()) {
      leases.drop(id.get(), session);
      return;
    }
    Report report = new Report(id.get(), session, botId, task.get());
    Optional<ActionResult> result = result(lease);
    try {
      // Digests that are none would be found by whoever reads the result.
      result.ifPresent(r -> checkDigests(r, report.task()));
    } catch (Failure.InvalidRequest malformed) {
      fail(report, Code.INTERNAL, "the worker's result: " + malformed.getMessage());
      return;
    }
    settle(report, lease.getStatus(), result);
  }

  private static void checkDigests(ActionResult result, Task task) {
    Set<Digest> unused = ReferencedBlobs.of(result, task.action().function());
  }

  private static Optional<ActionResult> result(Lease lease) {
    Any result = lease.getResult();
    try {
      return result.is(ActionResult.class)
          ? Optional.of(result.unpack(ActionResult.class))
          : Optional.empty();
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private void settle(Report report, Status status, Optional<ActionResult> result) {
    Code code = Optional.ofNullable(Code.forNumber(status.getCode())).orElse(Code.UNKNOWN);
    switch (code) {
      case OK ->
          result.ifPresentOrElse(
              ran -> succeed(report, ran),
              () -> fail(report, Code.INTERNAL, "the worker brought no result"));
      case NOT_FOUND -> {
        // Some workers say so of a program that is not there, beside a result that says it as well.
        if (result.isPresent() && result.get().getExitCode() != 0) {
          succeed(report, result.get());
        } else {
          lookForMissing(report, code, status);
        }
      }
      case FAILED_PRECONDITION, INTERNAL, DATA_LOSS -> lookForMissing(report, code, status);
      case DEADLINE_EXCEEDED ->
          result.ifPresentOrElse(
              remains -> finish(report, Endings.failed(status, complete(report, remains))),
              // Without a command's result it was a call of the worker's that took too long.
              () -> fail(report, Code.UNAVAILABLE, status.getMessage()));
      case RESOURCE_EXHAUSTED ->
          result.ifPresentOrElse(
              remains -> finish(report, Endings.failed(status, complete(report, remains))),
              () -> fail(report, code, status.getMessage()));
      case INVALID_ARGUMENT, OUT_OF_RANGE, UNIMPLEMENTED, PERMISSION_DENIED ->
          finish(report, Endings.failed(status));
      case CANCELLED,
          UNKNOWN,
          ALREADY_EXISTS,
          UNAUTHENTICATED,
          ABORTED,
          UNAVAILABLE,
          UNRECOGNIZED ->
          fail(report, code, status.getMessage());
    }
  }

  /** A worker that failed may have done so because inputs are gone: the store knows. */
  private void lookForMissing(Report report, Code code, Status status) {
    List<Digest> missing;
    try {
      missing = inputs.findMissing(report.task().instance(), report.task().action());
    } catch (Failure.InvalidRequest malformed) {
      finish(report, Endings.failed(statuses.of(malformed)));
      return;
    }
    if (missing.isEmpty()) {
      fail(report, code, status.getMessage());
    } else {
      Failure failure =
          new Failure.BlobsMissing("the inputs of action " + report.task().action(), missing);
      finish(report, Endings.failed(statuses.of(failure)));
    }
  }

  private void succeed(Report report, ActionResult ran) {
    ActionResult result = complete(report, ran);
    if (result.getExitCode() == 0 && !report.task().doNotCache()) {
      try {
        remember(report, result);
      } catch (Failure.BlobsMissing | Failure.InvalidRequest untrue) {
        fail(report, Code.INTERNAL, "the worker's result: " + untrue.getMessage());
        return;
      }
    }
    finish(report, Endings.ran(result));
  }

  private void remember(Report report, ActionResult result) {
    Task task = report.task();
    Provenance provenance = new Provenance("", "", report.botId(), task.origin().invocation());
    try {
      actionCache.put(task.instance(), task.action(), result, provenance);
    } catch (Failure.Unsupported | Failure.PreconditionFailed | Failure.Exhausted refused) {
      // The result is good, whether the cache takes it or not.
      log.warn("The action cache refused the result of {}", task.action(), refused);
    }
  }

  /** Adds what only the server knows, and the worker's name where the worker left it out. */
  private static ActionResult complete(Report report, ActionResult result) {
    ActionResult.Builder completed = result.toBuilder();
    completed
        .getExecutionMetadataBuilder()
        .setQueuedTimestamp(BotMessages.timestamp(report.task().queuedAt()));
    if (completed.getExecutionMetadata().getWorker().isEmpty()) {
      completed.getExecutionMetadataBuilder().setWorker(report.botId());
    }
    return completed.build();
  }

  private void finish(Report report, ExecuteResponse response) {
    leases.finish(report.lease(), report.session(), response);
  }

  private void fail(Report report, Code code, String problem) {
    leases.fail(report.lease(), report.session(), code, problem);
  }
}
