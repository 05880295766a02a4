package dev.millrace.grpc.error;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what handlers throw into what clients see, with the details that clients act on. Anything
 * that is not the caller's doing is logged here and only here, under an id that the caller is told.
 */
public final class FailureStatuses {

  private static final Logger log = LoggerFactory.getLogger(FailureStatuses.class);

  /** The type of a violation that names an absent blob, as clients expect it. */
  private static final String MISSING = "MISSING";

  private static final String UNMET = "UNMET";
  private static final Duration RETRY_SOON = Duration.newBuilder().setSeconds(1).build();

  private final Supplier<String> incidentIds;

  /**
   * @param incidentIds gives a new id for each fault that is logged
   */
  public FailureStatuses(Supplier<String> incidentIds) {
    this.incidentIds = incidentIds;
  }

  public static FailureStatuses withRandomIds() {
    return new FailureStatuses(() -> UUID.randomUUID().toString());
  }

  /**
   * The status of something thrown, complete: for a place in a message, such as an item of a batch.
   */
  public Status of(Throwable thrown) {
    return thrown instanceof Failure failure ? ofFailure(failure) : incident(thrown);
  }

  /** The status of something thrown, cut to what a call's trailers can carry. */
  public StatusRuntimeException asException(Throwable thrown) {
    return StatusProto.toStatusRuntimeException(Trailers.fit(of(thrown)));
  }

  private Status ofFailure(Failure failure) {
    return switch (failure) {
      case Failure.InvalidRequest f -> badRequest(f, f.field());
      case Failure.ContentMismatch f -> badRequest(f, "data");
      case Failure.OutOfRange f -> status(Code.OUT_OF_RANGE, f);
      case Failure.BlobAbsent f -> status(Code.NOT_FOUND, f);
      case Failure.NotFound f -> status(Code.NOT_FOUND, f);
      case Failure.BlobsMissing f -> status(Code.FAILED_PRECONDITION, f, missing(f));
      case Failure.PreconditionFailed f -> status(Code.FAILED_PRECONDITION, f, unmet(f));
      case Failure.Denied f -> status(Code.PERMISSION_DENIED, f);
      case Failure.Exhausted f -> status(Code.RESOURCE_EXHAUSTED, f, retrySoon());
      case Failure.Unavailable f -> unavailable(f);
      case Failure.Unsupported f -> status(Code.UNIMPLEMENTED, f);
      case Failure.Corrupt f -> incident(f);
    };
  }

  private static Status badRequest(Failure failure, String field) {
    BadRequest.FieldViolation violation =
        BadRequest.FieldViolation.newBuilder()
            .setField(field)
            .setDescription(message(failure))
            .build();
    return status(
        Code.INVALID_ARGUMENT,
        failure,
        BadRequest.newBuilder().addFieldViolations(violation).build());
  }

  private static PreconditionFailure missing(Failure.BlobsMissing failure) {
    PreconditionFailure.Builder details = PreconditionFailure.newBuilder();
    for (Digest digest : failure.digests()) {
      details.addViolationsBuilder().setType(MISSING).setSubject("blobs/" + digest);
    }
    return details.build();
  }

  private static PreconditionFailure unmet(Failure.PreconditionFailed failure) {
    PreconditionFailure.Builder details = PreconditionFailure.newBuilder();
    details
        .addViolationsBuilder()
        .setType(UNMET)
        .setSubject(failure.subject())
        .setDescription(message(failure));
    return details.build();
  }

  private static Status unavailable(Failure.Unavailable failure) {
    log.warn("Unavailable: {}", failure.getMessage(), failure.getCause());
    return status(Code.UNAVAILABLE, failure, retrySoon());
  }

  private Status incident(Throwable thrown) {
    String id = incidentIds.get();
    log.error("Incident {}", id, thrown);
    return Status.newBuilder()
        .setCode(Code.INTERNAL_VALUE)
        .setMessage("internal error; the server's log says more under incident " + id)
        .build();
  }

  private static RetryInfo retrySoon() {
    return RetryInfo.newBuilder().setRetryDelay(RETRY_SOON).build();
  }

  private static Status status(Code code, Failure failure, Message... details) {
    Status.Builder status =
        Status.newBuilder().setCode(code.getNumber()).setMessage(message(failure));
    for (Message detail : details) {
      status.addDetails(Any.pack(detail));
    }
    return status.build();
  }

  private static String message(Failure failure) {
    return String.valueOf(failure.getMessage());
  }
}
