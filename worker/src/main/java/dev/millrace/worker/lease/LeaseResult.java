package dev.millrace.worker.lease;

import build.bazel.remote.execution.v2.ActionResult;
import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.Status;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import dev.millrace.worker.action.ActionOutcome;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a lease is completed with. Here, and only here, what happened to an action becomes a status:
 * the server tells by it whether another worker may fare better.
 */
record LeaseResult(Optional<ActionResult> result, Status status) {

  private static final Logger log = LoggerFactory.getLogger(LeaseResult.class);

  static LeaseResult of(ActionOutcome outcome) {
    return new LeaseResult(
        Optional.of(outcome.result()),
        switch (outcome) {
          case ActionOutcome.Finished finished -> Status.getDefaultInstance();
          case ActionOutcome.TimedOut timedOut ->
              status(Code.DEADLINE_EXCEEDED, timedOut.message());
          case ActionOutcome.OverLimit overLimit ->
              status(Code.RESOURCE_EXHAUSTED, overLimit.message());
        });
  }

  /** What to say of an action that could not be run; logs what the operator should look into. */
  static LeaseResult of(String lease, Throwable thrown) {
    if (thrown instanceof Failure failure) {
      return failed(ofFailure(lease, failure));
    }
    log.error("lease {} failed unexpectedly", lease, thrown);
    return failed(
        status(Code.INTERNAL, "the worker failed; its log says more under lease " + lease));
  }

  /** The worker could not go on with an action that may do well elsewhere. */
  static LeaseResult abandoned() {
    return failed(status(Code.UNAVAILABLE, "the worker shuts down"));
  }

  private static LeaseResult failed(Status status) {
    return new LeaseResult(Optional.empty(), status);
  }

  private static Status ofFailure(String lease, Failure failure) {
    return switch (failure) {
      case Failure.InvalidRequest f ->
          status(f, Code.INVALID_ARGUMENT).addDetails(Any.pack(badRequest(f))).build();
      case Failure.BlobAbsent f -> missing(f, List.of(f.digest()));
      case Failure.BlobsMissing f -> missing(f, f.digests());
      case Failure.PreconditionFailed f -> status(f, Code.FAILED_PRECONDITION).build();
      case Failure.Denied f -> status(f, Code.PERMISSION_DENIED).build();
      case Failure.Unsupported f -> status(f, Code.FAILED_PRECONDITION).build();
      case Failure.Exhausted f -> status(f, Code.RESOURCE_EXHAUSTED).build();
      case Failure.Unavailable f -> {
        log.warn("lease {}: {}", lease, f.getMessage(), f.getCause());
        yield status(f, Code.UNAVAILABLE).build();
      }
      case Failure.NotFound f -> internal(lease, f);
      case Failure.OutOfRange f -> internal(lease, f);
      case Failure.ContentMismatch f -> internal(lease, f);
      case Failure.Corrupt f -> internal(lease, f);
    };
  }

  private static Status missing(Failure failure, List<Digest> digests) {
    PreconditionFailure.Builder details = PreconditionFailure.newBuilder();
    digests.forEach(
        digest -> details.addViolationsBuilder().setType("MISSING").setSubject("blobs/" + digest));
    return status(failure, Code.FAILED_PRECONDITION).addDetails(Any.pack(details.build())).build();
  }

  private static BadRequest badRequest(Failure.InvalidRequest failure) {
    return BadRequest.newBuilder()
        .addFieldViolations(
            BadRequest.FieldViolation.newBuilder()
                .setField(failure.field())
                .setDescription(String.valueOf(failure.getMessage())))
        .build();
  }

  private static Status internal(String lease, Failure failure) {
    log.error("lease {} failed", lease, failure);
    return status(failure, Code.INTERNAL).build();
  }

  private static Status.Builder status(Failure failure, Code code) {
    return Status.newBuilder()
        .setCode(code.getNumber())
        .setMessage(String.valueOf(failure.getMessage()));
  }

  private static Status status(Code code, String message) {
    return Status.newBuilder().setCode(code.getNumber()).setMessage(message).build();
  }
}
